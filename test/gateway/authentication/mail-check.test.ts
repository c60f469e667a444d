import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../src/core/index.js';
import { authenticationResults } from '../../../src/gateway/authentication/authentication-results.js';
import { MailCheck } from '../../../src/gateway/authentication/mail-check.js';
import { ED25519, messageOf, RSA, type SigningBy, signed } from '../../support/dkim-mail.js';
import { ScriptedDns } from '../../support/scripted-dns.js';

type Records = ConstructorParameters<typeof ScriptedDns>[0];

const NOW = Date.parse('2026-11-24T10:00:00Z');
const RECORDS: Records = {
  'TXT author.example': ['v=spf1 ip4:192.0.2.1 -all'],
  'TXT s1._domainkey.author.example': [RSA.record],
  'TXT ed._domainkey.author.example': [ED25519.record],
  'TXT _dmarc.author.example': ['v=DMARC1; p=reject'],
};
const AUTHOR = messageOf('ann@author.example');
const GOOD = '192.0.2.1';
const BAD = '192.0.2.9';

interface Case {
  readonly records?: Records;
  readonly address?: string;
  readonly sender?: string;
  readonly hello?: string;
  /** Places where the message is cut. */
  readonly cuts?: readonly number[];
}

function checkOf({
  records = {},
  address = BAD,
  sender = 'ann@author.example',
  hello = 'mx.author.example',
}: Case) {
  const clock = new VirtualClock(NOW);
  const dns = new ScriptedDns({ ...RECORDS, ...records });
  const mail = { address, sender, hello };
  const check = new MailCheck({ mail, hostname: 'gw-a.example', resolve: dns.resolve, clock, dnsMs: 20_000 });
  return { check, clock, dns };
}

async function pass(check: MailCheck, message: string, cuts: readonly number[] = []): Promise<void> {
  const octets = Buffer.from(message, 'latin1');
  const places = [...cuts.map((cut) => cut % octets.length).sort((a, b) => a - b), octets.length];
  let at = 0;
  for (const end of places) {
    await check.pass(octets.subarray(at, end));
    at = end;
  }
}

/** `spf=fail dkim=none dmarc=fail > reject`, in short. */
async function verdict(message: string, given: Case = {}): Promise<string> {
  const { check } = checkOf(given);
  await pass(check, message, given.cuts);
  const { results, wanted } = await check.end();
  const words = results.map(
    ({ method, result, reason }) => `${method}=${result}${reason ? ` (${reason})` : ''}`,
  );
  return words.join(' ') + (wanted === undefined ? '' : ` > ${wanted.action}`);
}

describe('SPF', () => {
  const only = async (given: Case) => (await verdict(AUTHOR, given)).split(' ')[0];

  test.each<[string, Case]>([
    ['pass', { address: GOOD }],
    ['fail', {}],
    ['softfail', { records: { 'TXT author.example': ['v=spf1 ~all'] } }],
    ['neutral', { records: { 'TXT author.example': ['v=spf1 ?all'] } }],
    ['none', { records: { 'TXT author.example': 'ENODATA' } }],
    ['permerror', { records: { 'TXT author.example': ['v=spf1 what'] } }],
    ['temperror', { records: { 'TXT author.example': 'ETIMEOUT' } }],
    ['temperror', { records: { 'TXT author.example': 'ESERVFAIL' } }],
    ['pass', { sender: '', hello: 'author.example', address: GOOD }],
    ['none', { sender: '', hello: '[192.0.2.9]' }],
  ])('%s: %j', async (result, given) => {
    expect(await only(given)).toBe(`spf=${result}`);
  });

  const chain = (count: number): Records =>
    Object.fromEntries([
      ['TXT author.example', ['v=spf1 include:s1.example ?all']],
      ...Array.from({ length: count }, (_, i) => [
        `TXT s${i + 1}.example`,
        [i + 1 === count ? 'v=spf1 +all' : `v=spf1 include:s${i + 2}.example`],
      ]),
    ]);
  const voids = (count: number): Records => ({
    'TXT author.example': [
      `v=spf1 ${Array.from({ length: count }, (_, i) => `a:gone${i}.example`).join(' ')} +all`,
    ],
  });

  // RFC 7208 §4.6.4.
  test.each([
    ['ten look-ups', 'pass', chain(10)],
    ['eleven look-ups', 'permerror', chain(11)],
    ['look-ups without end', 'permerror', { 'TXT author.example': ['v=spf1 include:author.example'] }],
    ['two that find nothing', 'pass', voids(2)],
    ['three that find nothing', 'permerror', voids(3)],
  ])('allows %s: %s', async (_what, result, records) => {
    expect(await only({ records })).toBe(`spf=${result}`);
  });

  test('of a domain in other letters is that of its name in DNS', async () => {
    const records = { 'TXT xn--bcher-kva.example': ['v=spf1 ip4:192.0.2.1 -all'] };
    const { check } = checkOf({ sender: 'ann@b\u00fccher.example', address: GOOD, records });
    await pass(check, AUTHOR);
    const [found] = (await check.end()).results;
    expect(found).toMatchObject({ result: 'pass', properties: [['smtp.mailfrom', 'xn--bcher-kva.example']] });
  });

  test('of a report is that of the name in its greeting', async () => {
    const { check } = checkOf({ sender: '', hello: 'author.example', address: GOOD });
    await pass(check, AUTHOR);
    expect((await check.end()).results[0]?.properties).toEqual([['smtp.helo', 'author.example']]);
  });
});

describe('DKIM', () => {
  const of = async (
    by: SigningBy | undefined,
    { change = (m: string) => m, ...given }: Case & { change?: (m: string) => string } = {},
  ) => {
    const text = change(by === undefined ? AUTHOR : await signed(AUTHOR, by));
    return (await verdict(text, given)).replace(/^spf=\w+ | dmarc=.*$/g, '');
  };

  test.each<[string, SigningBy | undefined, Case & { change?: (message: string) => string }]>([
    ['dkim=none', undefined, {}],
    ['dkim=pass', {}, {}],
    ['dkim=pass', { canonicalization: 'simple/simple' }, {}],
    ['dkim=pass', { selector: 'ed', key: ED25519 }, {}],
    ['dkim=fail (the body was changed)', {}, { change: (m) => `${m}More.\r\n` }],
    ['dkim=fail', {}, { change: (m) => m.replace('A day', 'A night') }],
    ['dkim=permerror (no key)', { selector: 'gone' }, {}],
    [
      'dkim=permerror (invalid public key)',
      {},
      { records: { 'TXT s1._domainkey.author.example': ['v=DKIM1; p='] } },
    ],
    ['dkim=temperror', {}, { records: { 'TXT s1._domainkey.author.example': 'ESERVFAIL' } }],
    ['dkim=permerror (no key)', {}, { records: { 'TXT s1._domainkey.author.example': 'EBADNAME' } }],
    ['dkim=policy (expired)', { signTime: new Date(NOW - 9000), expires: new Date(NOW - 1000) }, {}],
    ['dkim=policy (SHA-1 proves nothing)', { algorithm: 'rsa-sha1' }, {}],
    ['dkim=policy (signs a part of the body only)', { maxBodyLength: 5 }, {}],
    ['dkim=permerror (From is not signed)', {}, { change: (m) => m.replace(/From:|: From/i, '') }],
    [
      'dkim=permerror (no domain or selector)',
      {},
      { change: (m) => m.replace('d=author.example', 'd=a..b') },
    ],
    [
      'dkim=permerror (the identity is not in the domain)',
      {},
      { change: (m) => m.replace(' d=', ' i=@other.example; d=') },
    ],
  ])('%s: %j %j', async (result, by, given) => {
    expect(await of(by, given)).toBe(result);
  });

  test.each([
    ['permerror (unknown algorithm)', 'a=rsa-sha256', 'a=rsa-md5'],
    ['permerror (unknown canonicalization)', 'c=relaxed/relaxed', 'c=relaxed/nofws'],
    ['policy (it names too many fields)', ' h=', ` h=${'x:'.repeat(200)}`],
  ])('is left aside: %s', async (result, from, to) => {
    expect(await of({}, { change: (m) => m.replace(from, to) })).toBe(`dkim=${result}`);
  });

  // Each of these took mailauth from a fifth of a second to two.
  test.each([
    ['lines that go on', `X: a\r\n${' \r\n'.repeat(20_000)}`, 'the header is too long'],
    ['bare CRs', `X: a${'\r'.repeat(50_000)}b\r\n`, 'the header has a bare CR'],
    ['fields', 'b:\r\n'.repeat(12_000), 'the header is too long'],
  ])('is not verified under a header of many %s', async (_what, more, reason) => {
    const text = (await signed(AUTHOR)).replace('From:', `${more}From:`);
    expect(await verdict(text, { address: GOOD })).toMatch(`spf=pass dkim=policy (${reason}) dmarc=`);
  });

  test('of many signatures is tried for the first eight', async () => {
    let text = AUTHOR;
    for (let i = 0; i < 12; i++) text = await signed(text, { selector: i < 4 ? 'gone' : 's1' });
    const { check, dns } = checkOf({});
    await pass(check, text);
    const { results } = await check.end();
    expect(results.filter(({ method }) => method === 'dkim').map(({ result }) => result)).toEqual(
      Array(8).fill('pass'),
    );
    expect(dns.asked.filter((question) => question.includes('domainkey'))).toHaveLength(1);
  });

  test('with a header that no message needs is left aside, and nothing is asked for it', async () => {
    const text = `X: ${'x'.repeat(900)}\r\n`.repeat(80) + (await signed(AUTHOR));
    expect(await verdict(text)).toBe(
      'spf=fail dkim=policy (the header is too long) dmarc=permerror (the header is too long) > reject',
    );
  });

  test('with a body that would have to be held is left aside', async () => {
    const text = await signed(messageOf('ann@author.example', `a\r\n${' \r\n'.repeat(5000)}b\r\n`));
    expect(await verdict(text, { address: GOOD })).toBe(
      'spf=pass dkim=policy (too many empty lines) dmarc=pass',
    );
  });

  test('is the same however the message is cut', async () => {
    const texts = [await signed(AUTHOR), await signed(AUTHOR, { canonicalization: 'simple/simple' })];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...texts),
        fc.array(fc.nat(2000), { maxLength: 30 }),
        async (text, cuts) => {
          expect(await verdict(text, { cuts })).toBe('spf=fail dkim=pass dmarc=pass');
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('DMARC', () => {
  const policy = (text: string): Case => ({
    records: { 'TXT _dmarc.author.example': [`v=DMARC1; ${text}`] },
  });
  const of = async (message: string, given: Case = {}) =>
    (await verdict(message, given)).replace(/^.*(?=dmarc)/, '');

  test.each<[string, Case]>([
    ['dmarc=fail > reject', {}],
    ['dmarc=fail > quarantine', policy('p=quarantine')],
    ['dmarc=fail', policy('p=none')],
    ['dmarc=fail > quarantine', policy('p=reject; pct=50')],
    ['dmarc=fail', policy('p=quarantine; pct=0')],
    ['dmarc=pass', { address: GOOD }],
    ['dmarc=none', { records: { 'TXT _dmarc.author.example': 'ENOTFOUND' } }],
    ['dmarc=none', { records: { 'TXT _dmarc.author.example': ['v=DMARC1; p=reject', 'v=DMARC1; p=none'] } }],
    ['dmarc=temperror', { records: { 'TXT _dmarc.author.example': 'ETIMEOUT' } }],
    ['dmarc=temperror', { records: { 'TXT author.example': 'ESERVFAIL' } }],
    ['dmarc=fail > reject', { sender: 'a@other.example', records: { 'TXT other.example': 'ESERVFAIL' } }],
    ['dmarc=fail > reject', { sender: 'a@other.example', records: { 'TXT other.example': ['v=spf1 +all'] } }],
  ])('%s: %j', async (result, given) => {
    expect(await of(AUTHOR, given)).toBe(result);
  });

  test('takes a signature of the domain, or one above it unless strictness is asked for', async () => {
    const sub = messageOf('ann@news.author.example');
    const text = await signed(sub);
    expect(await of(text)).toBe('dmarc=pass');
    expect(await of(text, policy('p=reject; adkim=s'))).toBe('dmarc=fail > reject');
    expect(await of(sub, { ...policy('p=reject; sp=none') })).toBe('dmarc=fail');
    expect(await of(sub, { address: GOOD, ...policy('p=reject') })).toBe('dmarc=pass');
    expect(await of(sub, { address: GOOD, ...policy('p=reject; aspf=s') })).toBe('dmarc=fail > reject');
  });

  test('takes no signature of somebody else, nor is put off by one', async () => {
    const other = { 'TXT s1._domainkey.other.example': [RSA.record] };
    const text = await signed(AUTHOR, { domain: 'other.example' });
    expect(await of(text, { records: other })).toBe('dmarc=fail > reject');
    expect(await of(text, { records: { 'TXT s1._domainkey.other.example': 'ESERVFAIL' } })).toBe(
      'dmarc=fail > reject',
    );
    const own = { records: { 'TXT s1._domainkey.author.example': 'ESERVFAIL' } };
    expect(await of(await signed(AUTHOR), own)).toBe('dmarc=temperror');
  });

  test('of several authors the strictest counts; of none or many, nobody is to take it', async () => {
    const two = AUTHOR.replace('From:', 'From: b@plain.example,');
    expect(await of(two)).toBe('dmarc=fail > reject');
    expect(await verdict(AUTHOR.replace('From:', 'From: b@plain.example\r\nFrom:'))).toMatch(
      /dmarc=none dmarc=fail > reject$/,
    );
    const many = `From: ${[1, 2, 3, 4, 5].map((n) => `a@d${n}.example`).join(', ')}\r\n\r\n`;
    expect(await of(many)).toBe('dmarc=permerror (the message names too many authors (From)) > reject');
    expect(await of('Subject: x\r\n\r\n')).toBe(
      'dmarc=permerror (the message names no author (From)) > reject',
    );
  });
});

describe('a check', () => {
  test('ends when DNS says nothing: for now, nobody is refused', async () => {
    const silent = ['TXT author.example', 'TXT s1._domainkey.author.example', 'TXT _dmarc.author.example'];
    const { check, clock } = checkOf({ records: Object.fromEntries(silent.map((name) => [name, 'silent'])) });
    const start = clock.now();
    await pass(check, await signed(AUTHOR));
    let report: Awaited<ReturnType<typeof check.end>> | undefined;
    const ended = check.end().then((result) => {
      report = result;
    });
    while (report === undefined) {
      clock.runFor(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await ended;
    expect(report.results.map(({ result }) => result)).toEqual(['temperror', 'temperror', 'temperror']);
    expect(report.wanted).toBeUndefined();
    expect(clock.now()).toBeLessThanOrEqual(21_000 + start);
  });

  test('says it as RFC 8601 does, in ASCII, whatever is in the message', async () => {
    const { check } = checkOf({ address: GOOD });
    await pass(check, await signed(AUTHOR));
    const field = authenticationResults('gw-a.example', (await check.end()).results);
    expect(field.replace(/header\.b=\S+;/, 'header.b=XXXXXXXX;')).toBe(
      'Authentication-Results: gw-a.example;\r\n' +
        '\tspf=pass\r\n\t smtp.mailfrom=author.example;\r\n' +
        '\tdkim=pass\r\n\t header.d=author.example\r\n\t header.s=s1\r\n\t header.a=rsa-sha256\r\n\t header.b=XXXXXXXX;\r\n' +
        '\tdmarc=pass\r\n\t header.from=author.example\r\n',
    );
  });

  test('asks only so many questions, whatever a sender writes', async () => {
    const many = Array.from({ length: 10 }, (_, i) => `mx:m${i}.example`).join(' ');
    const servers = (i: number) =>
      Array.from({ length: 10 }, (_, j) => ({ exchange: `h${i}-${j}.example`, priority: 1 }));
    const records = Object.fromEntries([
      ['TXT author.example', [`v=spf1 ${many} -all`]],
      ...Array.from({ length: 10 }, (_, i) => [`MX m${i}.example`, servers(i)]),
    ]) as unknown as Records;
    const { check, dns } = checkOf({ records });
    let text = AUTHOR;
    for (let i = 0; i < 8; i++) text = await signed(text, { selector: `k${i}` });
    await pass(check, text);
    await check.end();
    expect(dns.asked.length).toBeLessThanOrEqual(150);
  });

  test('takes any message without harm, and puts nothing of it on a line of its own', async () => {
    const part = fc.constantFrom(
      'From: ',
      '@',
      'a.example',
      '\r\n',
      '\r\n\r\n',
      'DKIM-Signature: ',
      'd=',
      ';',
      's=',
      'h=from',
      'v=1; a=rsa-sha256; b=; bh=',
      '"',
      '<',
      ',',
      'ARC-Seal: i=1',
      '\u00e9',
      '\0',
      '\t',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 40 }), fc.array(fc.nat(200)), async (parts, cuts) => {
        const { check } = checkOf({ sender: parts.slice(0, 3).join('') });
        await pass(check, `${parts.join('')} `, cuts);
        const field = authenticationResults('gw-a.example', (await check.end()).results);
        expect(field).toMatch(
          /^Authentication-Results: gw-a\.example(?:;\r\n\t(?:spf|dkim|dmarc)=[\x20-\x7e]+(?:\r\n\t [\x20-\x7e]+)*)+\r\n$/,
        );
      }),
      { numRuns: 200 },
    );
  });
});
