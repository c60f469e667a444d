import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Destination,
  destinationKey,
  domainOf,
  MailboxPath,
  parseDestination,
  type RouteDecision,
  Router,
} from '../../src/routing/index.js';
import { domain, template } from './rules.js';

const router = new Router([
  { domain: domain('*.site-b.example'), target: { type: 'peers', peers: ['site-b'] } },
  { domain: domain('*.example'), target: { type: 'peers', peers: ['site-c', 'site-b'] } },
  {
    domain: domain('/^(.+)\\.lan$/'),
    target: { type: 'smtp', host: template('$1.mail.internal'), port: 25 },
  },
  { domain: domain('six.test'), target: { type: 'smtp', host: template('::1'), port: 2525 } },
  {
    domain: domain('*.gone.test'),
    target: { type: 'refused', status: '5.1.2', text: template('$1 has moved') },
  },
  {
    domain: domain('later.test'),
    target: { type: 'refused', status: '4.3.0', text: template('not today') },
  },
]);

const outside = new Router([
  { domain: domain('quiet.example'), target: { type: 'mx', terms: { tls: 'none' } } },
  { domain: domain('*.safe.example'), target: { type: 'mx', terms: { tls: 'verify' } } },
  { domain: domain('*'), target: { type: 'mx' } },
]);

describe('a route to the servers that DNS names', () => {
  test.each([
    ['u@Example.ORG', 'mx:example.org'],
    ['u@b\u00fccher.example', 'mx:xn--bcher-kva.example'],
    ['u@[192.0.2.1]', 'mx:[192.0.2.1]'],
    ['u@[IPv6:2001:DB8::1]', 'mx:[ipv6:2001:db8::1]'],
  ])('%s goes to %s', (address, key) => {
    const decision = outside.route(address);
    if (decision.type === 'refused') throw new Error(decision.reply.text);
    expect(destinationKey(decision)).toBe(key);
    expect(parseDestination(key)).toEqual(decision);
  });

  test.each(['u@[x400:a]', 'u@[999.1.1.1]', 'u@[IPv6:zz]', 'u@a b', 'u@::1'])(
    '%s goes nowhere',
    (address) => {
      expect(outside.route(address)).toMatchObject({ type: 'refused', reply: { status: '5.1.2' } });
    },
  );

  test.each([
    ['quiet.example', 'none'],
    ['mx.safe.example', 'verify'],
    ['example.org', 'may'],
  ])('%s is spoken to with TLS: %s, as its own route says', (name, tls) => {
    expect(outside.termsFor({ type: 'mx', domain: name })).toEqual({ tls });
  });
});

describe('a route to numbers', () => {
  const numbers = new Router([
    {
      domain: domain('/^(?:(...)\\.(...)\\.x25\\.example|(\\d{2,15}))$/'),
      target: { type: 'nua', nua: template('$2$1$3'), links: ['wan'] },
    },
    { domain: domain('*.two.example'), target: { type: 'nua', nua: template('1$1'), links: ['a', 'b c'] } },
  ]);

  test.each([
    ['user@001.700.x25.example', 'nua:wan:700001'],
    ['user@700001', 'nua:wan:700001'],
    ['user@22.two.example', 'nua:a,b c:122'],
  ])('%s goes to %s', (address, key) => {
    const decision = numbers.route(address);
    if (decision.type === 'refused') throw new Error(decision.reply.text);
    expect(destinationKey(decision)).toBe(key);
    expect(parseDestination(key)).toEqual(decision);
  });

  test.each(['user@abc.def.x25.example', 'user@123456789012345.two.example', 'user@x.two.example'])(
    '%s makes no number',
    (address) => {
      expect(numbers.route(address)).toMatchObject({
        type: 'refused',
        reply: { code: 550, status: '5.1.2' },
      });
    },
  );
});

test('a route to several hosts: each is spoken to as it says, and one that is no host refuses', () => {
  const terms = { tls: 'must' } as const;
  const hosts = [
    { type: 'smtp', host: template('$1.one.example'), port: 25, terms },
    { type: 'smtp', host: template('two.example'), port: 25, terms },
  ] as const;
  const several = new Router([{ domain: domain('*.lan'), target: { type: 'hosts', hosts } }]);
  const decision = several.route('u@a.lan');
  expect(decision.type !== 'refused' && destinationKey(decision)).toBe(
    'smtp:a.one.example:25,two.example:25',
  );
  expect(several.termsFor({ type: 'smtp', host: 'two.example', port: 25 })).toEqual(terms);
  expect(several.route('u@[1].lan')).toMatchObject({ type: 'refused', reply: { status: '5.1.2' } });
});

describe('a route to mailboxes', () => {
  const path = MailboxPath.parse('/var/mail/$1/{user}', 1);
  if (!path.ok) throw new Error(path.fault);
  const mailboxes = new Router([
    { domain: domain('*.example'), target: { type: 'maildir', path: path.value } },
  ]);

  test('each address has its own', () => {
    const decision = mailboxes.route('Anna@Site-B.example');
    expect(decision).toEqual({ type: 'maildir', path: '/var/mail/site-b/anna' });
    const key = 'maildir:/var/mail/site-b/anna';
    expect([decision.type === 'refused' || destinationKey(decision), parseDestination(key)]).toEqual([
      key,
      decision,
    ]);
  });

  test.each(['..@b.example', '"../x"@b.example', 'a/b@b.example', 'a@.example'])('%s has none', (address) => {
    expect(mailboxes.route(address)).toEqual(refused(550, '5.1.1', `nobody known as ${address}`));
  });
});

function refused(code: number, status: string, text: string): RouteDecision {
  return { type: 'refused', reply: { code, status, text } };
}

describe('a router', () => {
  test.each<[string, RouteDecision]>([
    ['u@mail.site-b.example', { type: 'peers', peers: ['site-b'] }],
    ['u@MAIL.Site-B.example', { type: 'peers', peers: ['site-b'] }],
    ['u@site-b.example', { type: 'peers', peers: ['site-c', 'site-b'] }], // not below it: the next rule
    ['"a@b.lan"@x.example', { type: 'peers', peers: ['site-c', 'site-b'] }], // the last @ counts
    ['u@print.lan', { type: 'smtp', host: 'print.mail.internal', port: 25 }],
    ['u@six.test', { type: 'smtp', host: '::1', port: 2525 }],
    ['u@old.gone.test', refused(550, '5.1.2', 'old has moved')],
    ['u@later.test', refused(450, '4.3.0', 'not today')],
    ['u@elsewhere.test', refused(550, '5.1.2', 'no route to elsewhere.test')],
    ['u@[10.0.0.1].lan', refused(550, '5.1.2', 'no route to [10.0.0.1].lan')], // makes no host name
    ['u', refused(550, '5.1.3', 'u has no domain')],
    ['u@', refused(550, '5.1.3', 'u@ has no domain')],
    ['', refused(550, '5.1.3', 'an empty address has no domain')],
  ])('%s goes to %j', (address, decision) => {
    expect(router.route(address)).toEqual(decision);
  });

  test('takes the domain behind the last @', () => {
    expect([domainOf('a@b@c'), domainOf('a'), domainOf('a@')]).toEqual(['c', undefined, undefined]);
  });
});

describe('a destination key', () => {
  test.each<[Destination, string]>([
    [{ type: 'peers', peers: ['site-b'] }, 'peer:site-b'],
    [{ type: 'peers', peers: ['site-b', 'site-c'] }, 'peer:site-b,site-c'],
    [{ type: 'smtp', host: '127.0.0.1', port: 25 }, 'smtp:127.0.0.1:25'],
    [{ type: 'smtp', host: '::1', port: 2525 }, 'smtp:[::1]:2525'],
    [{ type: 'lmtp', host: '127.0.0.1', port: 24 }, 'lmtp:127.0.0.1:24'],
    [
      {
        type: 'hosts',
        hosts: [
          { type: 'smtp', host: 'a.example', port: 25 },
          { type: 'smtp', host: '::1', port: 26 },
        ],
      },
      'smtp:a.example:25,[::1]:26',
    ],
    [{ type: 'lmtpSocket', path: '/run/dovecot/lmtp' }, 'lmtp:/run/dovecot/lmtp'],
  ])('of %j is %s, and back', (destination, key) => {
    expect(destinationKey(destination)).toBe(key);
    expect(parseDestination(key)).toEqual(destination);
  });

  test('is the same however a host is spelt', () => {
    expect(destinationKey({ type: 'smtp', host: 'MX.Example', port: 25 })).toBe('smtp:mx.example:25');
  });

  test.each([
    '',
    'peer:',
    'peer:a,,b',
    'nua:1',
    'nua:wan:',
    'nua:wan:1a',
    'nua:,:1',
    'mx:',
    'maildir:',
    'maildir:x',
    'smtp:host',
    'smtp:a:b:25',
    'smtp:a:25,',
    'smtp:a:25,b',
    'lmtp:a:24,b:24',
    'smtp:/a',
    'lmtp:a',
    'lmtp:',
  ])('is not %j', (key) => {
    expect(parseDestination(key)).toBeUndefined();
  });

  test('of any host and any peers can be read back', () => {
    const destination = fc.oneof(
      fc.record({
        type: fc.constant('peers' as const),
        peers: fc.array(fc.stringMatching(/^[A-Za-z0-9._-]{1,8}$/), { minLength: 1, maxLength: 3 }),
      }),
      fc.record({
        type: fc.constant('smtp' as const),
        host: fc.oneof(
          fc.ipV4(),
          fc.ipV6(),
          fc.domain().map((name) => name.toLowerCase()),
        ),
        port: fc.integer({ min: 1, max: 65535 }),
      }),
    );
    fc.assert(
      fc.property(destination, (d) => {
        const read = parseDestination(destinationKey(d));
        expect(read).toEqual(d.type === 'smtp' ? { ...d, host: d.host.toLowerCase() } : d);
      }),
    );
  });
});
