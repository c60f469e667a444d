import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Destination, DomainPair, type RewriteRule, Rewriting } from '../../src/routing/index.js';

function pair(inside: string, outside: string): DomainPair {
  const parsed = DomainPair.parse(inside, outside);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

const NUMBERS: RewriteRule = { domains: pair('#', '#.x25.gw.example'), signed: false };
const NAMED: RewriteRule = { domains: pair('plant', 'plant.gw.example'), signed: false };
const SITE: Destination = { type: 'peers', peers: ['site-b'] };
const NUMBER: Destination = { type: 'nua', nua: '123', links: ['wan'] };
const WORLD: Destination = { type: 'mx', domain: 'example.org' };

function rewriter(destination: Destination, rules: readonly RewriteRule[] = [NUMBERS, NAMED]) {
  const found = new Rewriting(rules).for(destination);
  if (found === undefined) throw new Error('nothing is rewritten');
  return found;
}

describe('two names of a domain', () => {
  test.each([
    ['#', '#.x25.example', '26245300040', '26245300040.x25.example'],
    ['site', 'site.example', 'SITE', 'site.example'],
    ['*.lan', '*.mail.example', 'a.b.lan', 'a.b.mail.example'],
    ['#', '#.x25.example', '2624530004012345', undefined], // 16 digits
    ['#', '#.x25.example', '12a', undefined],
    ['a.b', 'c.d', 'axb', undefined], // a dot is a dot
  ])('%s and %s: %s is %s', (inside, outside, domain, other) => {
    const both = pair(inside, outside);
    expect(both.toOutside(domain)).toBe(other);
    if (other !== undefined) expect(both.toInside(other)).toBe(domain.toLowerCase());
  });

  test.each([
    ['#', 'x25.example', 'has not the same "#" or "*" as the other'],
    ['#', '*.example', 'has not the same "#" or "*" as the other'],
    ['#.#', '#.#.example', 'has more than one "#" or "*"'],
    ['*', '*.example', 'is every domain: "#" is every number'],
    ['a.example', 'A.example', 'is the same as the other'],
    ['a b', 'c', 'is no domain'],
    ['$1', 'c', 'is no domain'],
  ])('%s and %s: %s', (inside, outside, fault) => {
    expect(DomainPair.parse(inside, outside)).toEqual({ ok: false, fault });
  });

  test('what goes out comes back', () => {
    const part = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,8}[a-z0-9]$/);
    const domains = fc.tuple(fc.constantFrom('#', '*'), part, part, fc.stringMatching(/^\d{1,15}$/), part);
    fc.assert(
      fc.property(domains, ([place, first, second, number, word]) => {
        const both = pair(`${place}.${first}`, `${second}.${place}.out.example`);
        const inside = `${place === '#' ? number : word}.${first}`;
        expect(both.toInside(both.toOutside(inside) ?? '')).toBe(inside);
      }),
    );
  });
});

describe('an address', () => {
  test.each([
    ['user@26245300040', WORLD, 'user@26245300040.x25.gw.example'],
    ['user@plant', WORLD, 'user@plant.gw.example'],
    ['user@26245300040.x25.gw.example', WORLD, 'user@26245300040.x25.gw.example'],
    ['user@26245300040.X25.gw.example', SITE, 'user@26245300040'],
    ['user@26245300040.x25.gw.example', NUMBER, 'user@26245300040'],
    ['user@26245300040', SITE, 'user@26245300040'],
    ['"a@1"@example.org', WORLD, '"a@1"@example.org'],
    ['', WORLD, ''],
    ['postmaster', WORLD, 'postmaster'],
  ] as const)('%s on its way to %j is %s', (address, destination, rewritten) => {
    expect(rewriter(destination).address(address)).toBe(rewritten);
  });

  test('for a rule with peers only these are sites', () => {
    const rules = [{ ...NUMBERS, peers: ['site-b', 'site-c'] }];
    expect(rewriter(SITE, rules).address('u@1.x25.gw.example')).toBe('u@1');
    expect(rewriter({ type: 'peers', peers: ['site-b', 'other'] }, rules).address('u@1')).toBe(
      'u@1.x25.gw.example',
    );
    expect(rewriter(NUMBER, rules).address('u@1')).toBe('u@1.x25.gw.example');
  });

  test('without rules nothing is rewritten', () => {
    expect(new Rewriting([]).for(SITE)).toBeUndefined();
  });
});

describe('a header', () => {
  test.each([
    ['From: user@12\r\n', 'From: user@12.x25.gw.example\r\n'],
    ['from : <user@12>\r\n', 'from : <user@12.x25.gw.example>\r\n'],
    [
      'To: "a@12" <a@12>, b@34 (at 34, not b@34),\r\n c@example.org\r\n',
      'To: "a@12" <a@12.x25.gw.example>, b@34.x25.gw.example (at 34, not b@34),\r\n c@example.org\r\n',
    ],
    ['Cc: g: a@plant, b@PLANT;\r\n', 'Cc: g: a@plant.gw.example, b@plant.gw.example;\r\n'],
    ['Reply-To: a@ 12\r\n', 'Reply-To: a@ 12.x25.gw.example\r\n'],
    ['Sender: "a\\"@12" <a@12>\r\n', 'Sender: "a\\"@12" <a@12.x25.gw.example>\r\n'],
    ['To: (a (b@12) c@12) d@12\r\n', 'To: (a (b@12) c@12) d@12.x25.gw.example\r\n'],
    ['Subject: user@12\r\n', 'Subject: user@12\r\n'],
    ['Message-ID: <1@12>\r\n', 'Message-ID: <1@12>\r\n'],
    ['To: "never ended user@12\r\n', 'To: "never ended user@12\r\n'],
    [`To: ${'a@12, '.repeat(160)}a@12\r\n`, `To: ${'a@12, '.repeat(160)}a@12\r\n`], // too long afterwards
  ])('%j', (field, rewritten) => {
    expect(rewriter(WORLD).header([field])).toEqual([rewritten]);
  });

  test('that is signed stays as it is, unless the rule says otherwise', () => {
    const fields = ['DKIM-Signature: v=1; d=x\r\n', 'From: user@12\r\n'];
    expect(rewriter(WORLD).header(fields)).toBe(fields);
    expect(rewriter(WORLD, [{ ...NUMBERS, signed: true }]).header(fields)[1]).toBe(
      'From: user@12.x25.gw.example\r\n',
    );
  });

  test('in which nothing changes is the same', () => {
    const fields = ['From: user@example.org\r\n', 'Subject: x\r\n'];
    expect(rewriter(WORLD).header(fields)).toBe(fields);
  });

  test('whatever it holds, only domains behind an @ change, and there and back is what it was', () => {
    const piece = fc.constantFrom(
      'a@12',
      '"q@12"',
      '(c@12)',
      '\\',
      '"',
      '(',
      ')',
      ', ',
      '\r\n ',
      '@',
      '12',
      ' ',
      '<b@plant>',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const field = `To: ${pieces.join('')}\r\n`;
        const out = rewriter(WORLD).header([field]);
        expect(out[0]?.replaceAll('.x25.gw.example', '').replaceAll('.gw.example', '')).toBe(field);
        expect(rewriter(SITE).header(out)).toEqual([field]);
      }),
    );
  });
});

function outward(field: string): string | undefined {
  const domains = DomainPair.parse('plant', 'plant.example');
  if (!domains.ok) throw new Error('no pair');
  const rewriter = new Rewriting([{ domains: domains.value, signed: false, peers: ['a'] }]).for({
    type: 'peers',
    peers: ['b'],
  });
  return rewriter?.header([field])[0];
}

test('a quotation mark in a comment opens nothing', () => {
  expect(outward('To: (5" wide) <a@plant>, <b@plant>')).toBe(
    'To: (5" wide) <a@plant.example>, <b@plant.example>',
  );
});

test('a domain of UTF-8 that only begins like an inside name stays as it is', () => {
  expect(outward('To: a@planté.example')).toBe('To: a@planté.example');
});

test.each([
  'Bcc',
  'Resent-From',
  'Resent-Sender',
  'Resent-Reply-To',
  'Resent-To',
  'Resent-Cc',
  'Resent-Bcc',
  'Disposition-Notification-To',
  'Return-Receipt-To',
  'Errors-To',
])('%s is rewritten', (name) => {
  expect(outward(`${name}: <a@plant>`)).toBe(`${name}: <a@plant.example>`);
});
