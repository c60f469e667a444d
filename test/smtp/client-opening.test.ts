/** From the greeting to the first message: EHLO and HELO, TLS, who we are; and changing places (ATRN). */
import { describe, expect, test } from 'vitest';
import type { ClientOptions } from '../../src/smtp/index.js';
import { ClientDriver, octets, queued, text } from '../support/smtp-drivers.js';
import { playClient, transcript } from '../support/transcript.js';

const one = queued('one', ['b@y'], 'x\r\n');

function expectPlayed(options: Partial<ClientOptions>, script: string): ClientDriver {
  const client = new ClientDriver([one], options);
  expect(playClient(client, script)).toEqual(transcript(script));
  return client;
}

const offering = (...keywords: string[]): string => `
  S: 220 server.example ESMTP
  C: EHLO client.example
  ${['server.example', ...keywords].map((word, i) => `S: 250${i === keywords.length ? ' ' : '-'}${word}`).join('\n')}`;

describe('a server that drops EHLO', () => {
  test('may know HELO', () => {
    const client = new ClientDriver([one]).start();
    client.give('220 old\r\n');
    client.input({ type: 'ended', reason: 'connection closed' });
    expect([client.finished?.reason, client.again]).toEqual(['connection closed', 'helo']);
    const again = expectPlayed(
      { hello: 'HELO' },
      `
      S: 220 old
      C: HELO client.example
      S: 250 old
      C: MAIL FROM:<a@from.example>`,
    );
    expect(again.again).toBeUndefined();
  });

  test.each([
    ['before the greeting', []],
    ['after EHLO was answered', ['220 s\r\n', '250 s\r\n']],
    ['after HELO', ['220 s\r\n', '500 what\r\n']],
  ])('closing %s says nothing of that', (_, replies) => {
    const client = new ClientDriver([one]).start();
    for (const reply of replies) client.give(reply);
    client.input({ type: 'ended', reason: 'closed' });
    expect([client.finished?.how, client.again]).toEqual(['abort', undefined]);
  });
});

describe('STARTTLS (RFC 3207)', () => {
  const TLS = offering('STARTTLS', 'SIZE 5', 'AUTH PLAIN');

  test.each(['may', 'must'] as const)('%s: what was offered in the clear is forgotten', (tls) => {
    const client = expectPlayed(
      { tls },
      `${TLS}
      C: STARTTLS
      S: 220 go ahead`,
    );
    expect([client.upgrades, client.readies.length]).toEqual([1, 0]);
    client.input({ type: 'secured' });
    expect(client.said()).toBe('EHLO client.example\r\n');
    client.give('250-server.example\r\n250 PIPELINING\r\n');
    expect(client.readies[0]?.capabilities).toMatchObject({
      pipelining: true,
      size: undefined,
      mechanisms: [],
    });
    client.input({ type: 'ended', reason: 'gone' });
    expect(client.again).toBeUndefined();
  });

  test.each([
    ['in one piece', ['220 go ahead\r\n250-evil\r\n250 AUTH PLAIN\r\n']],
    ['cut in a line', ['220 go ahead\r\n250-ev', 'il\r\n250 AUTH PLAIN\r\n']],
    ['later', ['220 go ahead\r\n', '250 evil\r\n', '421 bye\r\n']],
  ])('what follows the 220 in the clear is thrown away: %s', (_, pieces) => {
    const client = new ClientDriver([one], { tls: 'must' }).start();
    client.give('220 s\r\n');
    client.give('250-s\r\n250 STARTTLS\r\n');
    for (const piece of pieces) client.give(piece);
    expect(client.finished).toBeUndefined();
    client.said();
    client.input({ type: 'secured' });
    client.give('250 honest\r\n');
    expect(client.readies.map(({ capabilities }) => capabilities.name)).toEqual(['honest']);
    expect(client.events.filter((event) => event === 'farewellSeen')).toEqual([]);
  });

  test('half a line before the 220 does not join what comes encrypted', () => {
    const client = new ClientDriver([one], { tls: 'may' }).start();
    client.give('220 s\r\n');
    client.give('250-s\r\n250 STARTTLS\r\n');
    client.give('220 ok\r\n250-left ov');
    client.input({ type: 'secured' });
    client.give('250 clean\r\n');
    expect(client.readies[0]?.capabilities.name).toBe('clean');
  });

  test.each([
    ['may', 'noTls'],
    ['must', undefined],
  ] as const)('TLS that fails, policy %s', (tls, again) => {
    const client = new ClientDriver([one], { tls }).start();
    client.give('220 s\r\n');
    client.give('250-s\r\n250 STARTTLS\r\n');
    client.give('220 go\r\n');
    client.input({ type: 'failed', reason: 'certificate has expired' });
    expect(client.finished).toEqual({
      how: 'abort',
      reason: '4.7.5 TLS could not be begun: certificate has expired',
    });
    expect(client.again).toBe(again);
  });

  test.each([
    ['not offered', offering('SIZE 5'), '4.7.4 TLS is required, and server.example does not offer it'],
    [
      'refused',
      `${TLS}\nC: STARTTLS\nS: 454 4.7.0 not now`,
      '4.7.0 TLS is required, and was refused: 454 4.7.0 not now',
    ],
  ])('must, and %s: no mail', (_, dialogue, reason) => {
    const client = expectPlayed(
      { tls: 'must' },
      `${dialogue}
      C: QUIT
      S: 221 bye`,
    );
    expect(client.finished).toEqual({ how: 'close', reason });
  });

  test.each([
    ['none', TLS],
    ['may', offering('SIZE 5')],
    ['may', `${TLS}\nC: STARTTLS\nS: 454 4.7.0 not now`],
  ] as const)('%s: mail in the clear', (tls, dialogue) => {
    expectPlayed(
      { tls },
      `${dialogue}
      C: MAIL FROM:<a@from.example> SIZE=3`,
    );
  });

  test('no TLS in TLS', () => {
    expectPlayed(
      { tls: 'must', secure: true },
      `${TLS}
      C: MAIL FROM:<a@from.example> SIZE=3`,
    );
  });

  test('a driver that takes too long is not waited for', () => {
    const client = new ClientDriver([one], { tls: 'may' }).start();
    client.give('220 s\r\n');
    client.give('250-s\r\n250 STARTTLS\r\n');
    client.give('220 go\r\n');
    client.runUntil(200_000);
    expect(client.finished?.how).toBe('abort');
  });
});

describe('AUTH (RFC 4954)', () => {
  const login = { user: 'u', password: 'p', privateLine: true };
  const AUTH = offering('AUTH PLAIN LOGIN');

  test('PLAIN, and then the submitter is named', () => {
    const client = new ClientDriver([queued('m', ['b@y'], 'x', { parameters: { submitter: 'a=1@x' } })], {
      login,
    });
    const script = `${AUTH}
      C: AUTH PLAIN AHUAcA==
      S: 235 2.7.0 welcome
      C: MAIL FROM:<a@from.example> AUTH=a+3D1@x`;
    expect(playClient(client, script)).toEqual(transcript(script));
  });

  test('LOGIN', () => {
    expectPlayed(
      { login },
      `${offering('AUTH LOGIN')}
      C: AUTH LOGIN
      S: 334 VXNlcm5hbWU6
      C: dQ==
      S: 334 UGFzc3dvcmQ6
      C: cA==
      S: 235 ok
      C: MAIL FROM:<a@from.example>`,
    );
  });

  test('SCRAM-SHA-256, and the server proves itself', () => {
    const nonce = 'rOprNGfwEbeRWgbNEkqO';
    const base64 = (said: string): string => Buffer.from(said).toString('base64');
    const dialogue = `${offering('AUTH PLAIN SCRAM-SHA-256')}
      C: AUTH SCRAM-SHA-256 ${base64(`n,,n=user,r=${nonce}`)}
      S: 334 ${base64(`r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`)}
      C: ${base64(`c=biws,r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`)}`;
    const credentials = { user: 'user', password: 'pencil', privateLine: true, nonce };
    expectPlayed(
      { login: credentials },
      `${dialogue}
      S: 334 ${base64('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')}
      C:
      S: 235 ok
      C: MAIL FROM:<a@from.example>`,
    );
    const unproved = expectPlayed(
      { login: credentials },
      `${dialogue}
      S: 235 ok
      C: QUIT
      S: 221 bye`,
    );
    expect(unproved.finished?.reason).toBe(
      '4.7.8 login as user failed: the server did not prove that it knows the password',
    );
  });

  test.each([
    [
      'refused',
      `${AUTH}\nC: AUTH PLAIN AHUAcA==\nS: 535 5.7.8 wrong`,
      '4.7.8 login as u failed: 535 5.7.8 wrong',
    ],
    [
      'put off',
      `${AUTH}\nC: AUTH PLAIN AHUAcA==\nS: 454 4.7.0 later`,
      '4.7.8 login as u failed: 454 4.7.0 later',
    ],
    ['not offered', offering('SIZE'), '4.7.0 login as u is asked for, and server.example offers no login'],
    [
      'not known',
      offering('AUTH GSSAPI NTLM'),
      '4.7.0 login as u is asked for, and server.example offers only GSSAPI, NTLM',
    ],
    [
      'asked for more than it has',
      `${AUTH}\nC: AUTH PLAIN AHUAcA==\nS: 334 YQ==\nC: *\nS: 501 taken back`,
      '4.7.8 login as u failed: what the server says does not fit PLAIN',
    ],
    [
      'asked in no base64',
      `${offering('AUTH LOGIN')}\nC: AUTH LOGIN\nS: 334 user?\nC: *\nS: 501 taken back`,
      '4.7.8 login as u failed: what the server says does not fit LOGIN',
    ],
  ])('%s: no mail, and it is put off', (_, dialogue, reason) => {
    const client = expectPlayed(
      { login },
      `${dialogue}
      C: QUIT
      S: 221 bye`,
    );
    expect(client.finished).toEqual({ how: 'close', reason });
    expect(reason).not.toContain('AHUAcA');
  });

  test('no password in the clear', () => {
    const client = expectPlayed(
      { login: { user: 'u', password: 'p' } },
      `${AUTH}
      C: QUIT
      S: 221 bye`,
    );
    expect(client.finished?.reason).toBe('4.7.11 login as u needs TLS, and there is none');
  });

  test('after TLS, with what is offered then', () => {
    const client = new ClientDriver([one], { tls: 'must', login: { user: 'u', password: 'p' } }).start();
    client.give('220 s\r\n');
    client.give('250-s\r\n250-AUTH GSSAPI\r\n250 STARTTLS\r\n');
    client.give('220 go\r\n');
    client.said();
    client.input({ type: 'secured' });
    client.give('250-s\r\n250 AUTH PLAIN\r\n');
    expect(client.said()).toBe('EHLO client.example\r\nAUTH PLAIN AHUAcA==\r\n');
  });

  test.each([530, 534, 535, 538])('%i to MAIL is put off: the operator can mend it', (code) => {
    const client = expectPlayed(
      {},
      `${offering('SIZE')}
      C: MAIL FROM:<a@from.example> SIZE=3
      S: ${code} 5.7.0 who are you
      C: QUIT`,
    );
    expect(client.outcomes('one')).toEqual([`b@y: temporary ${code} 5.7.0 who are you`]);
  });
});

describe('ATRN (RFC 2645)', () => {
  function asking(domains: readonly string[]): ClientDriver {
    const client = new ClientDriver([]);
    client.turn = domains;
    client.start();
    client.give('220 s\r\n');
    client.give('250-s\r\n250 ATRN\r\n');
    return client;
  }

  test('client and server change places; nothing that was said is lost', () => {
    const client = asking(['a.example', 'b.example']);
    expect(client.said()).toBe('EHLO client.example\r\nATRN a.example,b.example\r\n');
    client.give('250 turning\r\nEHLO hasty\r\n');
    expect(client.turned && text(client.turned)).toBe('EHLO hasty\r\n');
    expect([client.finished, client.events.at(-1)]).toEqual([undefined, 'settled']);
    // Those of the next session are counted there.
    expect(client.consumed).toBe('220 s\r\n250-s\r\n250 ATRN\r\n250 turning\r\n'.length);
    client.give(octets('MAIL'));
    expect(client.said()).toBe('');
  });

  test('without domains: all that are ours', () => {
    expect(asking([]).said()).toBe('EHLO client.example\r\nATRN\r\n');
  });

  test.each([
    ['453 You have no mail', '453: 453 You have no mail'],
    ['450 refused', '450: 450 refused'],
    ['530 5.7.0 who are you', '530: 530 5.7.0 who are you'],
    ['502 5.5.1 what', '502: 502 5.5.1 what'],
  ])('%s: the session goes on as it was', (reply, refusal) => {
    const client = asking(['a.example']);
    client.said();
    client.give(`${reply}\r\n`);
    expect(client.refusedTurns).toEqual([refusal]);
    expect(client.said()).toBe('QUIT\r\n');
    client.give('221 bye\r\n');
    expect(client.finished?.how).toBe('close');
  });

  test.each([
    ['421', '421 4.3.2 closing\r\n', 'close'],
    ['nonsense', 'what\r\n', 'abort'],
    ['354', '354 go\r\n', 'abort'],
  ])('%s ends it', (_, reply, how) => {
    const client = asking([]);
    client.give(reply);
    expect([client.finished?.how, client.turned]).toEqual([how, undefined]);
  });
});
