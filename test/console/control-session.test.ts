import { describe, expect, test } from 'vitest';
import {
  type ControlConnection,
  type ControlRequests,
  ControlSession,
  LONGEST_REQUEST,
  RequestError,
  request,
  untilCancelled,
} from '../../src/console/index.js';

/** A client in memory that reads only when it is told to. */
class MemoryClient implements ControlConnection {
  waitingOctets = 0;
  isClosed = false;
  readonly #unread: string[] = [];
  readonly session: ControlSession;

  constructor(requests: ControlRequests) {
    this.session = new ControlSession(requests, this);
  }

  write(octets: Uint8Array): void {
    this.waitingOctets += octets.length;
    this.#unread.push(new TextDecoder().decode(octets));
  }

  close(): void {
    this.isClosed = true;
  }

  ask(text: string): void {
    this.session.received(new TextEncoder().encode(text));
  }

  read(): unknown[] {
    this.waitingOctets = 0;
    return this.#unread.splice(0).map((line) => JSON.parse(line) as unknown);
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let tell: (event: unknown) => boolean = () => false;
const REQUESTS: ControlRequests = {
  add: request({}, () => ({ sum: 3 })),
  later: async () => {
    await settled();
    return { late: true };
  },
  nothing: () => undefined,
  refuse: () => {
    throw new RequestError('noSuchLink', 'found "x"; allowed: psdn0');
  },
  break: () => {
    throw new TypeError('broken');
  },
  watch: async (_parameters, asked) => {
    tell = asked.event;
    await untilCancelled(asked);
    return { over: true };
  },
};

async function answersTo(...lines: string[]): Promise<unknown[]> {
  const client = new MemoryClient(REQUESTS);
  for (const line of lines) client.ask(`${line}\n`);
  await settled();
  await settled();
  return client.read();
}

describe('requests', () => {
  test.each([
    ['{"id":1,"request":"add"}', { id: 1, answer: { sum: 3 } }],
    ['{"id":7,"request":"later","parameters":{}}', { id: 7, answer: { late: true } }],
    ['{"id":1,"request":"nothing"}', { id: 1, answer: {} }],
    [
      '{"id":1,"request":"refuse"}',
      { id: 1, error: { code: 'noSuchLink', message: 'found "x"; allowed: psdn0' } },
    ],
    ['{"id":1,"request":"break"}', { id: 1, error: { code: 'failed', message: 'broken' } }],
    [
      '{"id":1,"request":"fly"}',
      {
        id: 1,
        error: {
          code: 'unknownRequest',
          message: 'found fly; allowed: add, later, nothing, refuse, break, watch',
        },
      },
    ],
    ['{"id":1,"request":"toString"}', { id: 1, error: { code: 'unknownRequest' } }],
    [
      '{"id":1,"request":"add","parameters":{"x":1}}',
      { id: 1, error: { code: 'badParameters', message: expect.stringContaining('"x"') as string } },
    ],
  ])('%s', async (line, answer) => {
    expect(await answersTo(line)).toMatchObject([answer]);
  });

  test.each([
    ['no JSON', 'hello'],
    ['no object', '3'],
    ['no id', '{"request":"add"}'],
    ['an id that is no number', '{"id":"1","request":"add"}'],
    ['a key too many', '{"id":1,"request":"add","x":1}'],
  ])('a line that is %s is refused, and the next one answered', async (_what, line) => {
    expect(await answersTo(line, '{"id":2,"request":"add"}')).toMatchObject([
      { id: -1, error: { code: 'badRequest' } },
      { id: 2, answer: { sum: 3 } },
    ]);
  });

  test('however the octets are cut, the answers are the same', async () => {
    const client = new MemoryClient(REQUESTS);
    for (const letter of '{"id":1,"request":"add"}\r\n\n{"id":2,"request":"nothing"}\n') client.ask(letter);
    await settled();
    expect(client.read()).toEqual([
      { id: 1, answer: { sum: 3 } },
      { id: 2, answer: {} },
    ]);
  });

  test('the same id twice at once is refused', async () => {
    const twice = '{"id":1,"request":"watch"}';
    expect(await answersTo(twice, twice)).toMatchObject([{ id: 1, error: { code: 'badRequest' } }]);
  });

  test('more than 16 at once are refused', async () => {
    const many = Array.from({ length: 17 }, (_, id) => `{"id":${id},"request":"watch"}`);
    expect(await answersTo(...many)).toMatchObject([{ id: 16, error: { code: 'tooMany' } }]);
  });
});

describe('what a client may cost', () => {
  test('a line without end is cut off', () => {
    const client = new MemoryClient(REQUESTS);
    client.ask('x'.repeat(LONGEST_REQUEST));
    expect(client.isClosed).toBe(false);
    client.ask('x');
    expect(client.isClosed).toBe(true);
    expect(client.read()).toEqual([
      { id: -1, error: { code: 'badRequest', message: 'the line is too long' } },
    ]);
  });

  test('one that asks and never reads is cut off', async () => {
    const client = new MemoryClient({ much: () => 'x'.repeat(1024 * 1024) });
    let asked = 0;
    for (; asked < 100 && !client.isClosed; asked++) {
      client.ask(`{"id":${asked},"request":"much"}\n`);
      await settled();
    }
    expect(asked).toBe(5);
  });
});

describe('streams', () => {
  async function watching(): Promise<MemoryClient> {
    const client = new MemoryClient(REQUESTS);
    client.ask('{"id":1,"request":"watch"}\n');
    await settled();
    return client;
  }

  test('events come until it is cancelled, then the answer', async () => {
    const client = await watching();
    expect([tell('a'), tell({ b: 1 })]).toEqual([true, true]);
    client.ask('{"id":2,"request":"cancel","parameters":{"id":1}}\n');
    await settled();
    expect(client.read()).toEqual([
      { id: 1, event: 'a' },
      { id: 1, event: { b: 1 } },
      { id: 2, answer: { cancelled: true } },
      { id: 1, answer: { over: true } },
    ]);
  });

  test('cancelling what is not there says so', async () => {
    expect(await answersTo('{"id":2,"request":"cancel","parameters":{"id":1}}')).toEqual([
      { id: 2, answer: { cancelled: false } },
    ]);
  });

  test('a client that does not read loses events, and is told how many when it reads again', async () => {
    const client = await watching();
    const event = 'x'.repeat(1000);
    let taken = 0;
    for (let n = 0; n < 5000; n++) if (tell(event)) taken++;
    expect(taken).toBeGreaterThan(1000);
    expect(taken).toBeLessThan(1100);
    expect(client.waitingOctets).toBeLessThan(1024 * 1024 + 2000);
    client.read();
    tell('after');
    tell('and more');
    expect(client.read()).toEqual([
      { id: 1, lost: 5000 - taken },
      { id: 1, event: 'after' },
      { id: 1, event: 'and more' },
    ]);
  });

  test('a client that goes ends its streams', async () => {
    let cancelled: AbortSignal | undefined;
    const client = new MemoryClient({
      watch: (_parameters, asked) => {
        cancelled = asked.cancelled;
        return untilCancelled(asked);
      },
    });
    client.ask('{"id":1,"request":"watch"}\n');
    client.session.closed();
    await settled();
    expect(cancelled?.aborted).toBe(true);
    expect(client.read()).toEqual([]);
  });
});
