import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseMechanism, type SaslClient } from '../../../src/smtp/sasl-client/index.js';

const user = { user: 'user', password: 'pencil' };

function choose(name: string, credentials = user, nonce?: string): SaslClient {
  const mechanism = chooseMechanism([name], credentials, nonce);
  if (mechanism === undefined) throw new Error(`${name} is not known`);
  return mechanism;
}

const say = (mechanism: SaslClient, challenge: string): string | undefined => {
  const response = mechanism.respond(Buffer.from(challenge));
  return response && Buffer.from(response).toString('utf8');
};
const initial = ({ initial: octets }: SaslClient): string | undefined =>
  octets && Buffer.from(octets).toString('utf8');

test.each([
  [['LOGIN', 'PLAIN', 'CRAM-MD5', 'SCRAM-SHA-256'], 'SCRAM-SHA-256'],
  [['LOGIN', 'PLAIN', 'CRAM-MD5'], 'CRAM-MD5'],
  [['LOGIN', 'PLAIN'], 'PLAIN'],
  [['LOGIN', 'GSSAPI'], 'LOGIN'],
  [['GSSAPI', 'SCRAM-SHA-1'], undefined],
  [[], undefined],
])('of %j: %s', (offered, expected) => {
  expect(chooseMechanism(offered, user)?.name).toBe(expected);
});

test('PLAIN (RFC 4616 §4)', () => {
  const mechanism = choose('PLAIN', { user: 'tim', password: 'tanstaaftanstaaf' });
  expect(initial(mechanism)).toBe('\0tim\0tanstaaftanstaaf');
  expect(say(mechanism, '')).toBeUndefined();
  expect(mechanism.isSatisfied()).toBe(true);
});

test('LOGIN answers twice, whatever it is asked', () => {
  const mechanism = choose('LOGIN');
  expect([
    initial(mechanism),
    say(mechanism, 'Username:'),
    say(mechanism, 'Password:'),
    say(mechanism, '?'),
  ]).toEqual([undefined, 'user', 'pencil', undefined]);
});

test('CRAM-MD5 (RFC 2195 §2)', () => {
  const mechanism = choose('CRAM-MD5', { user: 'tim', password: 'tanstaaftanstaaf' });
  expect(mechanism.isSatisfied()).toBe(false);
  expect(say(mechanism, '<1896.697170952@postoffice.reston.mci.net>')).toBe(
    'tim b913a602c7eda7a495b4e6e7334d3890',
  );
  expect(say(mechanism, 'again')).toBeUndefined();
  expect(mechanism.isSatisfied()).toBe(true);
});

describe('SCRAM-SHA-256', () => {
  // RFC 7677 §3
  const NONCE = 'rOprNGfwEbeRWgbNEkqO';
  const FIRST = `r=${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
  const FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

  test('as in RFC 7677 §3', () => {
    const mechanism = choose('SCRAM-SHA-256', user, NONCE);
    expect(initial(mechanism)).toBe(`n,,n=user,r=${NONCE}`);
    expect(say(mechanism, FIRST)).toBe(
      `c=biws,r=${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    );
    expect(mechanism.isSatisfied()).toBe(false);
    expect(say(mechanism, FINAL)).toBe('');
    expect(mechanism.isSatisfied()).toBe(true);
    expect(say(mechanism, FINAL)).toBeUndefined();
  });

  test.each([
    ['another nonce', FIRST.replace(NONCE, 'xOprNGfwEbeRWgbNEkqO')],
    ['our nonce alone', `r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`],
    ['few iterations, which make guessing cheap', FIRST.replace('4096', '1')],
    ['iterations without end', FIRST.replace('4096', '999999999')],
    ['no number of them', FIRST.replace('4096', '4e3')],
    ['no salt', FIRST.replace(/,s=[^,]*/, '')],
    ['nothing', ''],
  ])('%s is not answered', (_, first) => {
    const mechanism = choose('SCRAM-SHA-256', user, NONCE);
    expect(say(mechanism, first)).toBeUndefined();
    expect(mechanism.isSatisfied()).toBe(false);
  });

  test.each([FINAL.replace('6rri', '6rrj'), 'v=', 'e=invalid-proof', '', `${FINAL.slice(0, -8)}`])(
    'a server that says %j does not know the password',
    (final) => {
      const mechanism = choose('SCRAM-SHA-256', user, NONCE);
      say(mechanism, FIRST);
      expect(say(mechanism, final)).toBeUndefined();
      expect(mechanism.isSatisfied()).toBe(false);
    },
  );

  test('any name and password, with a server written from RFC 5802 §3', () => {
    const text = fc.string({
      minLength: 1,
      maxLength: 20,
      unit: fc.constantFrom('a', ',', '=', ' ', '\u00e4', '\u212b'),
    });
    fc.assert(
      fc.property(text, text, (name, password) => {
        const mechanism = choose('SCRAM-SHA-256', { user: name, password });
        const bare = initial(mechanism)?.slice(3) ?? '';
        const [, sent = '', nonce = ''] = /^n=(.*),r=(.*)$/.exec(bare) ?? [];
        expect(sent.replaceAll('=2C', ',').replaceAll('=3D', '=')).toBe(name.normalize('NFKC'));
        const first = `r=${nonce}server,s=c2FsdA==,i=4096`;
        const final = say(mechanism, first) ?? '';
        const [without = '', proof = ''] = final.split(',p=');
        const hmac = (key: Buffer, what: string): Buffer => createHmac('sha256', key).update(what).digest();
        const salted = pbkdf2Sync(password.normalize('NFKC'), 'salt', 4096, 32, 'sha256');
        const stored = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
        const message = `${bare},${first},${without}`;
        const key = Buffer.from(proof, 'base64').map((octet, i) => octet ^ (hmac(stored, message)[i] ?? 0));
        expect(createHash('sha256').update(key).digest()).toEqual(stored);
        say(mechanism, `v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`);
        expect(mechanism.isSatisfied()).toBe(true);
      }),
      { numRuns: 15 },
    );
  });
});

test('no challenge makes a mechanism throw, or satisfies SCRAM', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256'),
      fc.array(fc.uint8Array()),
      (name, challenges) => {
        const mechanism = choose(name);
        for (const challenge of challenges) mechanism.respond(challenge);
        if (name === 'SCRAM-SHA-256') expect(mechanism.isSatisfied()).toBe(false);
      },
    ),
  );
});
