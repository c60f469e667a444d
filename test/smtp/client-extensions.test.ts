/** What a client says where a server offers more than RFC 5321 asks for, and what becomes of it where it does not. */
import { describe, expect, test } from 'vitest';
import { AnsweringServer } from '../support/answering-server.js';
import { ClientDriver, type QueuedMessage, queued } from '../support/smtp-drivers.js';
import { playClient, transcript } from '../support/transcript.js';

/** A greeting and an EHLO reply with these keywords. */
const offering = (...keywords: string[]): string => `
  S: 220 server.example ESMTP
  C: EHLO client.example
  ${['server.example', ...keywords].map((word, i) => `S: 250${i === keywords.length ? ' ' : '-'}${word}`).join('\n')}`;

function expectPlayed(queue: QueuedMessage[], script: string): ClientDriver {
  const client = new ClientDriver(queue);
  expect(playClient(client, script)).toEqual(transcript(script));
  return client;
}

describe('CHUNKING (RFC 3030)', () => {
  test('a small message goes out with its envelope, dots unstuffed', () => {
    const client = expectPlayed(
      [queued('m', ['b@y', 'c@y'], 'one\r\n.two\r\n')],
      `${offering('PIPELINING', 'CHUNKING')}
        C: MAIL FROM:<a@from.example>
        C: RCPT TO:<b@y>
        C: RCPT TO:<c@y>
        C: BDAT 11 LAST
        C: one
        C: .two
        S: 250 ok
        S: 550 5.1.1 no b
        S: 250 ok
        S: 250 2.0.0 taken
        C: QUIT`,
    );
    expect(client.outcomes('m')).toEqual(['b@y: permanent 550 5.1.1 no b', 'c@y: delivered 250 2.0.0 taken']);
  });

  test('it is one sequence', () => {
    const client = new ClientDriver([queued('m', ['b@y'], 'hello\r\n')]).start();
    client.give('220 s\r\n250-s\r\n250-PIPELINING\r\n250 CHUNKING\r\n');
    expect(client.sent.filter(({ endOfSequence }) => endOfSequence)).toHaveLength(2);
  });

  test('without any recipient the octets are lost, and RSET comes before the next message', () => {
    const client = expectPlayed(
      [queued('m', ['b@y'], 'x\r\n'), queued('n', ['c@y'], 'y\r\n')],
      `${offering('PIPELINING', 'CHUNKING')}
        C: MAIL FROM:<a@from.example>
        C: RCPT TO:<b@y>
        C: BDAT 3 LAST
        C: x
        S: 250 ok
        S: 550 5.1.1 no
        S: 554 no recipients
        C: RSET
        C: MAIL FROM:<a@from.example>
        C: RCPT TO:<c@y>
        C: BDAT 3 LAST
        C: y
        S: 250 ok
        S: 250 ok
        S: 250 ok
        S: 250 ok
        C: QUIT`,
    );
    expect(client.outcomes('m')).toEqual(['b@y: permanent 550 5.1.1 no']);
    expect(client.outcomes('n')).toEqual(['c@y: delivered 250 ok']);
  });

  test('a large message waits for its envelope; its chunks end where sequences end', () => {
    const body = `${'x'.repeat(78)}\r\n`.repeat(1250);
    const client = new ClientDriver([queued('m', ['b@y'], body)], {}, 7000).start();
    client.give('220 s\r\n250-s\r\n250-PIPELINING\r\n250 CHUNKING\r\n');
    expect(client.said()).toBe('EHLO client.example\r\nMAIL FROM:<a@from.example>\r\nRCPT TO:<b@y>\r\n');
    client.give('250 ok\r\n250 ok\r\n');
    const sent = client.sent.splice(0);
    expect(sent.slice(0, -1).map(({ text: { length } }) => length % 2048)).toEqual([0, 0, 0]);
    expect(sent.map(({ endOfSequence }) => endOfSequence)).toEqual([false, false, false, true]);
    const chunks = sent.map(({ text }) => /^BDAT (\d+)( LAST)?\r\n([\s\S]*)$/.exec(text));
    expect(chunks.map((chunk) => Number(chunk?.[1]) - (chunk?.[3]?.length ?? 0))).toEqual([0, 0, 0, 0]);
    expect(chunks.map((chunk) => chunk?.[2])).toEqual([undefined, undefined, undefined, ' LAST']);
    expect(chunks.map((chunk) => chunk?.[3]).join('')).toBe(body);
    client.give('250 a\r\n250 b\r\n250 c\r\n250 all\r\n');
    expect(client.outcomes('m')).toEqual(['b@y: delivered 250 all']);
  });

  test('a chunk refused in the middle: nothing more of the message is sent', () => {
    const body = `${'x'.repeat(78)}\r\n`.repeat(1250);
    const client = new ClientDriver([queued('m', ['b@y'], body), queued('n', ['c@y'], 'y\r\n')], {}, 40_000);
    client.start();
    client.give('220 s\r\n250-s\r\n250-PIPELINING\r\n250 CHUNKING\r\n');
    client.holdBody = true;
    client.give('250 ok\r\n250 ok\r\n');
    client.giveBody();
    client.said();
    client.give('452 4.3.1 disk full\r\n');
    expect(client.said()).toBe('');
    client.holdBody = false;
    client.giveBody();
    expect(client.outcomes('m')).toEqual(['b@y: temporary 452 4.3.1 disk full']);
    expect(client.said()).toMatch(/^RSET\r\nMAIL FROM.*\r\nRCPT.*\r\nBDAT 3 LAST\r\ny\r\n$/);
  });

  test('without PIPELINING one chunk takes the place of DATA', () => {
    expectPlayed(
      [queued('m', ['b@y'], 'x')],
      `${offering('CHUNKING')}
        C: MAIL FROM:<a@from.example>
        S: 250 ok
        C: RCPT TO:<b@y>
        S: 250 ok
        C: BDAT 3 LAST
        C: x
        S: 250 ok
        C: QUIT`,
    );
  });

  test('354 to BDAT is no reply to it', () => {
    const client = new ClientDriver([queued('m', ['b@y'], 'x\r\n')]).start();
    client.give('220 s\r\n250-s\r\n250-PIPELINING\r\n250 CHUNKING\r\n');
    client.give('250 ok\r\n250 ok\r\n354 go\r\n');
    expect(client.outcomes('m')).toEqual(['b@y: temporary unexpected reply to message: 354 go']);
    expect(client.finished?.how).toBe('abort');
  });

  test('BINARYMIME goes out as it is', () => {
    const client = new ClientDriver([queued('m', ['b@y'], 'a\nb\rc\0\xff', { body: 'BINARYMIME' })]).start();
    client.give('220 s\r\n250-s\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 BINARYMIME\r\n');
    expect(client.said()).toContain(
      '<a@from.example> BODY=BINARYMIME\r\nRCPT TO:<b@y>\r\nBDAT 7 LAST\r\na\nb\rc\0\xff',
    );
  });

  test.each([[['BINARYMIME', '8BITMIME']], [['CHUNKING', '8BITMIME']]])(
    'BINARYMIME is not sent to one with %j',
    (keywords) => {
      const client = expectPlayed(
        [queued('m', ['b@y'], 'x', { body: 'BINARYMIME' })],
        `${offering(...keywords)}
        C: QUIT`,
      );
      expect(client.outcomes('m')[0]).toMatch(/permanent 554 5\.6\.3 /);
    },
  );

  test('a message larger than it was said to be is still sent whole', () => {
    const body = `${'y'.repeat(98)}\r\n`.repeat(500);
    const client = new ClientDriver([queued('m', ['b@y'], body, { size: 10 })], {}, 5000).start();
    client.give('220 s\r\n250-s\r\n250-PIPELINING\r\n250 CHUNKING\r\n');
    client.give('250 ok\r\n250 ok\r\n');
    const chunks = client.said().split(/BDAT \d+(?: LAST)?\r\n/);
    expect(chunks.slice(1).join('')).toBe(body);
  });
});

describe('round trips for a message after the first', () => {
  /** How often the client waits for a server that answers whole batches. */
  function roundTrips(keywords: string[], octets: number): number {
    const body = `${'x'.repeat(78)}\r\n`.repeat(octets / 80);
    const client = new ClientDriver([
      queued('first', ['b@y'], 'x\r\n'),
      queued('m', ['b@y', 'c@y'], body),
    ]).start();
    const server = new AnsweringServer(keywords);
    client.give(server.greet());
    let trips = 0;
    while (client.finished === undefined) {
      const replies = server.answer(client.said());
      if (client.results.has('first') && !client.results.has('m')) trips++;
      client.give(replies);
    }
    expect(client.results.get('m')?.every(({ outcome }) => outcome === 'delivered')).toBe(true);
    return trips;
  }

  test.each([
    [['PIPELINING', 'CHUNKING'], 4000, 1],
    [['PIPELINING', 'CHUNKING'], 400_000, 2],
    [['PIPELINING'], 4000, 2],
    [['CHUNKING'], 4000, 4],
    [[], 4000, 5],
  ])('%j, %i octets: %i', (keywords, octets, expected) => {
    expect(roundTrips(keywords, octets)).toBe(expected);
  });
});

describe('what is passed on', () => {
  const message = queued(
    'm',
    [
      { address: 'b@y', parameters: { notify: ['SUCCESS', 'DELAY'], originalRecipient: 'rfc822;B+1@y' } },
      { address: 'c@y', parameters: { notify: [] } },
      { address: 'd@y', parameters: { originalRecipient: 'utf-8;d\u00f6 x@y' } },
    ],
    'x\r\n',
    {
      parameters: {
        ret: 'HDRS',
        envelopeId: 'id =1',
        deliverBy: { seconds: 120, mode: 'N', trace: true },
        priority: -3,
        submitter: 'a@from.example',
      },
    },
  );

  test('where all is offered', () => {
    const client = expectPlayed(
      [message],
      `${offering('PIPELINING', 'DSN', 'DELIVERBY', 'MT-PRIORITY MIXER', 'AUTH PLAIN')}
        C: MAIL FROM:<a@from.example> RET=HDRS ENVID=id+20+3D1 BY=120;NT MT-PRIORITY=-3
        C: RCPT TO:<b@y> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;B+2B1@y
        C: RCPT TO:<c@y> NOTIFY=NEVER
        C: RCPT TO:<d@y> ORCPT=utf-8;d\\x{F6}\\x{20}x@y
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 250 ok
        S: 250 ok
        S: 354 go
        C: x
        C: .
        S: 250 taken
        C: QUIT`,
    );
    expect(client.results.get('m')?.[0]).toEqual({
      address: 'b@y',
      outcome: 'delivered',
      reason: '250 taken',
    });
  });

  test('where nothing is: the outcome tells that reports, and keeping the time, are ours', () => {
    const client = expectPlayed(
      [message],
      `${offering('PIPELINING')}
        C: MAIL FROM:<a@from.example>
        C: RCPT TO:<b@y>
        C: RCPT TO:<c@y>
        C: RCPT TO:<d@y>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 550 no
        S: 250 ok
        S: 354 go
        C: x
        C: .
        S: 250 taken
        C: QUIT`,
    );
    expect(client.results.get('m')).toEqual([
      { address: 'b@y', outcome: 'delivered', reason: '250 taken', relayed: true, untimed: true },
      { address: 'c@y', outcome: 'permanent', reason: '550 no' },
      { address: 'd@y', outcome: 'delivered', reason: '250 taken', relayed: true, untimed: true },
    ]);
  });

  test.each([
    [[], 120, '550 5.3.3 server.example does not promise delivery by a given time'],
    [['DELIVERBY 300'], 120, '550 5.4.7 120 s are left for delivery, server.example asks for 300'],
  ])('returned unless delivered in time, to one with %j', (keywords, seconds, reason) => {
    const late = queued('m', ['b@y'], 'x', {
      parameters: { deliverBy: { seconds, mode: 'R', trace: false } },
    });
    const client = expectPlayed([late], `${offering(...keywords)}\nC: QUIT`);
    expect(client.outcomes('m')).toEqual([`b@y: permanent ${reason}`]);
  });
});

describe('a delivery of which the sender wants to know if it is late (RFC 2852)', () => {
  const timed = queued('m', ['b@y'], 'x', {
    parameters: { deliverBy: { seconds: 120, mode: 'N', trace: false } },
  });

  test.each([
    [['DSN'], '', { untimed: true }],
    [['DSN', 'DELIVERBY'], ' BY=120;N', {}],
    [[], '', { relayed: true, untimed: true }],
  ])('tells what a server with %j leaves to us', (keywords, by, facts) => {
    const client = expectPlayed(
      [timed],
      `${offering(...keywords)}
        C: MAIL FROM:<a@from.example>${by}
        S: 250 ok
        C: RCPT TO:<b@y>
        S: 250 ok
        C: DATA
        S: 354 go
        C: x
        C: .
        S: 250 taken
        C: QUIT`,
    );
    expect(client.results.get('m')).toEqual([
      { address: 'b@y', outcome: 'delivered', reason: '250 taken', ...facts },
    ]);
  });
});

describe('SMTPUTF8 (RFC 6531)', () => {
  const message = queued('m', ['b@y', '\u03b4@\u03c7.example'], 'x\r\n', { parameters: { smtpUtf8: true } });

  test('where it is offered', () => {
    const client = new ClientDriver([message]).start();
    client.give('220 s\r\n250-s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n');
    expect(Buffer.from(client.said(), 'latin1').toString('utf8')).toContain(
      'MAIL FROM:<a@from.example> SMTPUTF8\r\nRCPT TO:<b@y>\r\nRCPT TO:<\u03b4@\u03c7.example>\r\n',
    );
  });

  test('where it is not, each recipient is told his own reason', () => {
    const client = expectPlayed([message], `${offering('8BITMIME')}\nC: QUIT`);
    expect(client.outcomes('m')).toEqual([
      'b@y: permanent 550 5.6.9 message may have a header in UTF-8, which the next server does not take',
      '\u03b4@\u03c7.example: permanent 553 5.6.7 address is not in ASCII, server.example takes no other',
    ]);
  });

  test('an address that is not in ASCII, in a message that is: the others get it', () => {
    const client = new ClientDriver([queued('m', ['b@y', '\u03b4@y'], 'x\r\n')]).start();
    client.give('220 s\r\n250 s\r\n');
    client.give('250 ok\r\n');
    client.give('250 ok\r\n');
    client.give('354 go\r\n');
    client.give('250 ok\r\n');
    expect(client.results.get('m')?.map(({ outcome }) => outcome)).toEqual(['delivered', 'permanent']);
  });
});

describe('limits (RFC 9422)', () => {
  const many = queued('m', ['a@x', 'b@y', 'c@x', 'd@z'], 'x\r\n');

  test.each([
    ['RCPTMAX=3', [['a@x', 'b@y', 'c@x'], ['d@z']]],
    ['RCPTDOMAINMAX=1', [['a@x', 'c@x'], ['b@y'], ['d@z']]],
    [
      'rcptmax=2 RCPTDOMAINMAX=9',
      [
        ['a@x', 'b@y'],
        ['c@x', 'd@z'],
      ],
    ],
    ['RCPTMAX=0 MAILMAX=none', [['a@x', 'b@y', 'c@x', 'd@z']]],
  ])('LIMITS %s', (limits, groups) => {
    const client = expectPlayed(
      [many],
      `${offering('PIPELINING', `LIMITS ${limits}`)}
        ${groups
          .map((group) =>
            [
              'C: MAIL FROM:<a@from.example>',
              ...group.map((address) => `C: RCPT TO:<${address}>`),
              'C: DATA',
              ...group.map(() => 'S: 250 ok'),
              'S: 250 ok',
              'S: 354 go',
              'C: x',
              'C: .',
              `S: 250 to ${group.length}`,
            ].join('\n'),
          )
          .join('\n')}
        C: QUIT`,
    );
    expect(client.results.get('m')?.every(({ outcome }) => outcome === 'delivered')).toBe(true);
  });

  test('no more messages than the server takes in a session', () => {
    const client = new ClientDriver([queued('m', ['b@y'], 'x\r\n'), queued('n', ['b@y'], 'x\r\n')]).start();
    client.give('220 s\r\n250-s\r\n250-PIPELINING\r\n250 LIMITS MAILMAX=1\r\n');
    client.give('250 ok\r\n250 ok\r\n354 go\r\n');
    client.said();
    client.give('250 ok\r\n');
    expect(client.said()).toBe('QUIT\r\n');
    client.give('221 bye\r\n');
    expect(client.finished).toEqual({ how: 'close', reason: 's takes no more messages in one session' });
    expect([client.again, client.results.has('n')]).toEqual(['more', false]);
  });

  test('recipients that do not fit into the last transaction wait', () => {
    const client = new ClientDriver([queued('m', ['b@y', 'c@y'], 'x\r\n')]).start();
    client.give('220 s\r\n250-s\r\n250-PIPELINING\r\n250 LIMITS MAILMAX=1 RCPTMAX=1\r\n');
    client.give('250 ok\r\n250 ok\r\n354 go\r\n');
    client.give('250 ok\r\n');
    expect(client.outcomes('m')).toEqual([
      'b@y: delivered 250 ok',
      'c@y: temporary 452 4.5.3 the server takes no more in this session',
    ]);
  });

  test('recipients turned away as too many come in a second transaction', () => {
    const client = expectPlayed(
      [queued('m', ['b@y', 'c@y', 'd@y'], 'x\r\n')],
      `${offering('PIPELINING')}
        C: MAIL FROM:<a@from.example>
        C: RCPT TO:<b@y>
        C: RCPT TO:<c@y>
        C: RCPT TO:<d@y>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 452 4.5.3 too many
        S: 552 too many
        S: 354 go
        C: x
        C: .
        S: 250 taken
        C: MAIL FROM:<a@from.example>
        C: RCPT TO:<c@y>
        C: RCPT TO:<d@y>
        C: DATA
        S: 250 ok
        S: 452 4.5.3 too many
        S: 452 4.5.3 too many
        S: 503 no
        C: QUIT`,
    );
    expect(client.outcomes('m')).toEqual([
      'b@y: delivered 250 taken',
      'c@y: temporary 452 4.5.3 too many',
      'd@y: temporary 452 4.5.3 too many',
    ]);
  });
});

test('old servers write AUTH=, and keywords in any case', () => {
  const client = new ClientDriver([]).start();
  client.give('220 s\n250-s\n250-auth=login plain\n250-AUTH cram-md5\n250-Chunking\n250 binarymime \n');
  expect(client.readies[0]?.capabilities).toMatchObject({
    mechanisms: ['LOGIN', 'PLAIN', 'CRAM-MD5'],
    chunking: true,
    binaryMime: true,
  });
});
