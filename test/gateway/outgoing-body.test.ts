/** Messages for servers that take less than we have, and messages that were cut off. */
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { type Checkpoints, SpooledCheckpoints } from '../../src/gateway/checkpoints.js';
import { ClientRunner } from '../../src/gateway/client-runner.js';
import type { OutgoingMessage } from '../../src/smtp/index.js';
import type { OutgoingTransaction } from '../../src/spool/index.js';
import { ScriptedStream, settled } from '../support/scripted-stream.js';

const EIGHT_BIT: OutgoingMessage = {
  id: 'm1',
  sender: 'a@a.example',
  recipients: [{ address: 'b@b.example', parameters: {} }],
  size: 4,
  parameters: { body: '8BITMIME' },
};

interface Site {
  readonly stream: ScriptedStream;
  readonly settlements: string[];
  say(text: string): Promise<string>;
}

function session(
  messages: OutgoingMessage[],
  body: (id: string) => string,
  keywords: readonly string[],
  rest: { clock?: VirtualClock; checkpoints?: Checkpoints } = {},
): Site & { hello(): Promise<string> } {
  const { clock = new VirtualClock(), checkpoints } = rest;
  const stream = new ScriptedStream();
  const settlements: string[] = [];
  const runner = new ClientRunner({
    stream,
    clock,
    session: {
      hostname: 'gw.example',
      pipelining: true,
      timeouts: { greetingMs: 60_000, commandMs: 60_000, dataMs: 60_000, endOfDataMs: 60_000 },
    },
    next: async () => messages.shift(),
    readBody: async function* (id) {
      const all = Buffer.from(body(id), 'latin1');
      for (let at = 0; at < all.length; at += 10_000) yield all.subarray(at, at + 10_000);
    },
    settle: async (message, outcomes) => {
      for (const { address, outcome, reason } of outcomes)
        settlements.push(`${message.id} ${address} ${outcome} ${reason}`);
    },
    ...(checkpoints !== undefined && { checkpoints }),
  });
  runner.start();
  const say = async (text: string): Promise<string> => {
    stream.say(text);
    await settled();
    return stream.take();
  };
  const hello = async (): Promise<string> => {
    await say('220 b\r\n');
    return say(['b', ...keywords].map((w, i) => `250${i < keywords.length ? '-' : ' '}${w}\r\n`).join(''));
  };
  return { stream, settlements, say, hello };
}

describe('8-bit messages', () => {
  const CAFE = 'MIME-Version: 1.0\r\n\r\ncaf\xe9\r\n';

  test('become 7-bit for a server that takes nothing else; the size is told as it will be', async () => {
    const { hello, say, settlements } = session([EIGHT_BIT], () => CAFE, ['PIPELINING', 'SIZE']);
    const said = await hello();
    const sent = await say('250 ok\r\n250 ok\r\n354 go\r\n');
    expect(sent).toBe(
      'MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9\r\n.\r\n',
    );
    expect(said).toContain(`MAIL FROM:<a@a.example> SIZE=${sent.length - '.\r\n'.length}\r\n`);
    await say('250 taken\r\n');
    expect(settlements).toEqual(['m1 b@b.example delivered 250 taken']);
  });

  test('stay as they are where the server takes them, or where they are 7-bit in truth', async () => {
    const eight = session([EIGHT_BIT], () => CAFE, ['PIPELINING', '8BITMIME']);
    expect(await eight.hello()).toContain('BODY=8BITMIME');
    expect(await eight.say('250 ok\r\n250 ok\r\n354 go\r\n')).toBe(`${CAFE}.\r\n`);
    const seven = session([EIGHT_BIT], () => 'Subject: x\r\n\r\nplain\r\n', ['PIPELINING']);
    expect(await seven.hello()).toContain('MAIL FROM:<a@a.example>\r\n');
    expect(await seven.say('250 ok\r\n250 ok\r\n354 go\r\n')).toBe('Subject: x\r\n\r\nplain\r\n.\r\n');
  });

  test('binary ones as well; their parts become base64', async () => {
    const binary = { ...EIGHT_BIT, parameters: { body: 'BINARYMIME' } } as const;
    const octets =
      'MIME-Version: 1.0\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: binary\r\n\r\n\n\r\xff';
    const { hello, say } = session([binary], () => octets, ['PIPELINING', '8BITMIME']);
    await hello();
    expect(await say('250 ok\r\n250 ok\r\n354 go\r\n')).toContain(
      'Content-Transfer-Encoding: base64\r\n\r\nCg3/\r\n.\r\n',
    );
  });

  test('that can not be converted are refused, and the next one goes out', async () => {
    const bodies = (id: string): string => (id === 'm1' ? 'Subject: caf\xe9\r\n\r\nx\r\n' : CAFE);
    const { hello, settlements } = session([EIGHT_BIT, { ...EIGHT_BIT, id: 'm2' }], bodies, []);
    expect(await hello()).toContain('MAIL FROM');
    expect(settlements).toEqual([
      'm1 b@b.example permanent 554 5.6.3 b takes only 7-bit, and its header has 8-bit octets',
    ]);
  });

  test('that can not be read are put off', async () => {
    const { hello, settlements } = session([EIGHT_BIT], () => {
      throw new Error('disk gone');
    }, []);
    expect(await hello()).toContain('QUIT');
    expect(settlements).toEqual(["m1 b@b.example temporary message can't be read: disk gone"]);
  });
});

describe('a message that was cut off (RFC 1845)', () => {
  const BODY = `${'x'.repeat(78)}\r\n`.repeat(500);
  const LARGE: OutgoingMessage = { ...EIGHT_BIT, size: BODY.length, parameters: {} };
  const KEYWORDS = ['PIPELINING', 'CHUNKING', 'CHECKPOINT'];

  /** A session that is cut off in the data. */
  async function cutOff(checkpoints: Checkpoints, clock: VirtualClock): Promise<string> {
    const { hello, say, stream } = session([LARGE], () => BODY, KEYWORDS, { clock, checkpoints });
    const id = / TRANSID=(<[\w-]{24}@gw\.example>)\r\n/.exec(await hello())?.[1] ?? '';
    stream.hasRoom = false;
    await say('250 ok\r\n250 ok\r\n354 go\r\n');
    stream.end('circuit reset');
    await settled();
    return id;
  }

  function table(): { clock: VirtualClock; checkpoints: Checkpoints } {
    const clock = new VirtualClock();
    let kept: OutgoingTransaction | undefined;
    const checkpoints = new SpooledCheckpoints({
      spool: {
        keepTransaction: async (_message, _destination, transaction) => {
          kept = transaction;
        },
      },
      clock,
      hostname: 'gw.example',
      destination: 'peer:b',
      transactionOf: () => kept,
      onProblem: () => {},
    });
    return { clock, checkpoints };
  }

  test('goes on where the server has it from', async () => {
    const { clock, checkpoints } = table();
    const id = await cutOff(checkpoints, clock);
    const again = session([LARGE], () => BODY, KEYWORDS, { clock, checkpoints });
    expect(await again.hello()).toBe(`MAIL FROM:<a@a.example> TRANSID=${id}\r\n`);
    expect(await again.say('355 8000 is the transaction offset\r\n')).toBe('DATA\r\n');
    expect(await again.say('354 go on\r\n')).toBe(`${BODY.slice(8000)}.\r\n`);
    await again.say('250 taken\r\n');
    expect(again.settlements).toEqual(['m1 b@b.example delivered 250 taken']);
    const fresh = session([LARGE], () => BODY, KEYWORDS, { clock, checkpoints });
    expect(await fresh.hello()).not.toContain(id);
  });

  test.each<[string, string, number]>([
    ['its text has changed', BODY.replace('x', 'y'), 0],
    ['its text is shorter', BODY.slice(0, 100), 0],
    ['two days are over', BODY, 48 * 3_600_000],
  ])('does not where %s', async (_, body, ms) => {
    const { clock, checkpoints } = table();
    const id = await cutOff(checkpoints, clock);
    clock.runFor(ms);
    const again = session([LARGE], () => body, KEYWORDS, { clock, checkpoints });
    const said = await again.hello();
    expect(said).toMatch(/TRANSID=/);
    expect(said).not.toContain(id);
    expect(said).toContain('RCPT TO:<b@b.example>\r\nDATA\r\n');
  });

  test('cut off before it began to go on, it still can', async () => {
    const { clock, checkpoints } = table();
    const id = await cutOff(checkpoints, clock);
    const second = session([LARGE], () => BODY, KEYWORDS, { clock, checkpoints });
    await second.hello();
    second.stream.end('reset again');
    await settled();
    const third = session([LARGE], () => BODY, KEYWORDS, { clock, checkpoints });
    expect(await third.hello()).toContain(id);
    await third.say('355 80 is the transaction offset\r\n');
    expect((await third.say('354 go on\r\n')).length).toBe(BODY.length - 80 + '.\r\n'.length);
  });

  test('a small message is not worth it', async () => {
    const { clock, checkpoints } = table();
    const small = session([{ ...LARGE, size: 100 }], () => 'x\r\n', KEYWORDS, { clock, checkpoints });
    expect(await small.hello()).not.toContain('TRANSID');
  });
});
