import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Credentials,
  MECHANISMS,
  type MechanismName,
  makeVerifier,
  type Step,
} from '../../src/smtp/sasl/index.js';
import { saslPrep } from '../../src/smtp/sasl/saslprep.js';

const octets = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (from: Uint8Array): string => Buffer.from(from).toString();

/** What the users' file has: everything of `tim`, and only a verifier of `ann`. */
const USERS: Record<string, Credentials> = {
  tim: { password: 'tanstaaftanstaaf' },
  ann: {
    scramSha256: makeVerifier('secret', octets('salt'), 4096) as NonNullable<Credentials['scramSha256']>,
  },
};

/** Plays the client's messages, and returns what the server said; its last word is the outcome. */
function play(name: MechanismName, responses: readonly string[], nonce = 'nonce'): string[] {
  const said: string[] = [];
  let step = MECHANISMS[name].begin({ hostname: 'gw.example', nonce: () => nonce }) as Step;
  let next = 0;
  for (;;) {
    if ('lookUp' in step) step = step.found(USERS[step.lookUp]);
    else if ('challenge' in step) {
      said.push(text(step.challenge));
      const response = responses[next++];
      if (response === undefined) return said;
      step = step.respond(octets(response));
    } else {
      said.push('proven' in step ? `${step.proven.user} as ${step.proven.identity}` : step.failed);
      return said;
    }
  }
}

describe('PLAIN', () => {
  test.each([
    ['\0ann\0secret', 'ann as ann'],
    ['bob\0ann\0secret', 'ann as bob'],
    ['\0tim\0tanstaaftanstaaf', 'tim as tim'],
    ['\0a\u00adnn\0secret', 'ann as ann'],
    ['\0ann\0Secret', 'credentials'],
    ['\0ann\0', 'credentials'],
    ['\0nobody\0secret', 'credentials'],
    ['\0\0secret', 'credentials'],
    ['\0ann\0sec\u0007ret', 'credentials'],
    ['ann\0secret', 'syntax'],
    ['\0ann\0secret\0', 'syntax'],
    ['', 'syntax'],
  ])('%j: %s', (message, outcome) => {
    expect(play('PLAIN', [message])).toEqual(['', outcome]);
  });
});

describe('LOGIN', () => {
  test.each([
    ['ann', 'secret', 'ann as ann'],
    ['ann', 'wrong', 'credentials'],
    ['nobody', 'secret', 'credentials'],
  ])('%s, %s: %s', (user, password, outcome) => {
    expect(play('LOGIN', [user, password])).toEqual(['Username:', 'Password:', outcome]);
  });
});

describe('CRAM-MD5', () => {
  // RFC 2195 §2.
  const challenge = '1896.697170952';
  const digest = 'b913a602c7eda7a495b4e6e7334d3890';

  test('the example of the RFC', () => {
    let step: Step = MECHANISMS['CRAM-MD5'].begin({
      hostname: 'postoffice.reston.mci.net',
      nonce: () => challenge,
    });
    expect('challenge' in step && text(step.challenge)).toBe('<1896.697170952@postoffice.reston.mci.net>');
    if (!('challenge' in step)) throw new Error('no challenge');
    step = step.respond(octets(`tim ${digest}`));
    expect('lookUp' in step && step.found(USERS.tim)).toEqual({ proven: { user: 'tim', identity: 'tim' } });
  });

  test.each([
    [`tim ${'0'.repeat(32)}`, 'credentials'],
    [`ann ${digest}`, 'credentials'], // no password is kept of her
    [`nobody ${digest}`, 'credentials'],
    ['tim', 'syntax'],
    [`tim ${digest}0`, 'syntax'],
  ])('%s: %s', (message, outcome) => {
    expect(play('CRAM-MD5', [message]).at(-1)).toBe(outcome);
  });

  test('no empty password is taken for one that is not kept', () => {
    // HMAC-MD5 with an empty key of the challenge `<nonce@gw.example>`.
    expect(play('CRAM-MD5', ['ann c0f5f3e1b3a3c9e8a4d2a4d0c1a6d0b7']).at(-1)).toBe('credentials');
  });
});

describe('SCRAM-SHA-256', () => {
  // RFC 7677 §3.
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  const verifier = makeVerifier('pencil', new Uint8Array(salt), 4096);
  const FIRST = 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO';
  const NONCE = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  const FINAL =
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';

  function exchange(first: string, final: string, end = ''): string[] {
    if (verifier !== undefined) USERS.user = { scramSha256: verifier };
    return play('SCRAM-SHA-256', [first, final, end], NONCE);
  }

  test('the example of the RFC', () => {
    expect(exchange(FIRST, FINAL)).toEqual([
      '',
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
      'user as user',
    ]);
  });

  test.each([
    ['binding wanted', 'p=tls-unique,,n=user,r=abc', FINAL, 'syntax'],
    [
      'binding possible, which was not in the proof',
      'y,,n=user,r=rOprNGfwEbeRWgbNEkqO',
      FINAL,
      'credentials',
    ],
    ['another nonce', FIRST, FINAL.replace('k0,p=', 'k1,p='), 'credentials'],
    ['another proof', FIRST, FINAL.replace('p=dH', 'p=eH'), 'credentials'],
    ['a proof of another length', FIRST, FINAL.replace('p=dHzb', 'p='), 'syntax'],
    ['an extension that must be understood', 'n,,m=x,n=user,r=abc', FINAL, 'syntax'],
    ['a name that is not well encoded', 'n,,n=us=er,r=abc', FINAL, 'syntax'],
    ['no nonce', 'n,,n=user,r=', FINAL, 'syntax'],
    ['a nonce without end', `n,,n=user,r=${'x'.repeat(201)}`, FINAL, 'syntax'],
    ['no message at all', '', FINAL, 'syntax'],
    ['a user that is not known', 'n,,n=nobody,r=rOprNGfwEbeRWgbNEkqO', FINAL, 'credentials'],
  ])('%s', (_, first, final, outcome) => {
    expect(exchange(first, final).at(-1)).toBe(outcome);
  });

  test('the client must see our signature, and say nothing to it', () => {
    expect(exchange(FIRST, FINAL, 'x').at(-1)).toBe('syntax');
  });

  test('who is not known has a salt all the same, always the same one', () => {
    const first = (): string | undefined => play('SCRAM-SHA-256', ['n,,n=nobody,r=x'])[1];
    expect(first()).toMatch(/^r=xnonce,s=[A-Za-z0-9+/]{22}==,i=10000$/);
    expect(first()).toBe(first());
  });

  test('a comma in a name', () => {
    expect(play('SCRAM-SHA-256', ['n,a=b=2Cc=3D,n=x=2Cy,r=abc'])[1]).toMatch(/^r=abcnonce,/);
  });
});

test.each([
  ['I\u00adX', 'IX'],
  ['user', 'user'],
  ['USER', 'USER'],
  ['\u00aa', 'a'],
  ['\u2168', 'IX'],
  ['a\u00a0b', 'a b'],
  ['\u0007', undefined],
  ['', undefined],
  ['\ue000', undefined],
  ['\ufffe', undefined],
])('saslprep of %j', (given, prepared) => {
  expect(saslPrep(given)).toBe(prepared);
});

test('nothing that a client says makes a mechanism throw or believe it', () => {
  const word = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(fc.constantFrom('n,', ',', 'n=', 'ann', 'r=', 'x', 'c=biws', 'p=', '\0', '=2C', ' ', 'a='), {
        maxLength: 12,
      })
      .map((parts) => octets(parts.join(''))),
  );
  const name = fc.constantFrom(...(Object.keys(MECHANISMS) as MechanismName[]));
  fc.assert(
    fc.property(name, fc.array(word, { minLength: 4, maxLength: 4 }), (mechanism, words) => {
      let step = MECHANISMS[mechanism].begin({ hostname: 'x', nonce: () => 'nonce' }) as Step;
      for (const message of words) {
        if ('lookUp' in step) step = step.found(undefined);
        if (!('challenge' in step)) break;
        step = step.respond(message);
      }
      expect('proven' in step).toBe(false);
    }),
    { numRuns: 300 },
  );
});
