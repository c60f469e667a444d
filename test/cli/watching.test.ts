import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type CaptureOptions, runCapture } from '../../src/cli/capture.js';
import { runClear } from '../../src/cli/clear.js';
import { runStatus } from '../../src/cli/status.js';
import {
  ControlServer,
  type GatewayStatus,
  gatewayRequests,
  type TraceWatcher,
  type WatchedGateway,
} from '../../src/console/index.js';
import { VirtualClock } from '../../src/core/index.js';
import { readCapture, type TracedLink, type TraceEvent } from '../../src/observe/index.js';
import { hex } from '../support/hex.js';
import { MemorySpool } from '../support/memory-spool.js';

const LINE: TracedLink = { name: 'psdn0', role: 'dte' };
const XOT: TracedLink = { name: 'wan', role: 'either' };

const STATUS: GatewayStatus = {
  hostname: 'gw-a.example',
  since: '1990-01-01T00:00:00.000Z',
  links: [
    {
      name: 'psdn0',
      type: 'serial',
      state: 'comingUp',
      since: '1990-01-01T00:01:00.000Z',
      lastFailure: 'the peer does not answer',
      circuits: 1,
      counters: {
        framing: { badFcs: 2 },
        link: { framesSent: 12, framesReceived: 10, rejSent: 1, t1Expiries: 3 },
      },
    },
    {
      name: 'dialled',
      type: 'modem',
      state: 'onHook',
      since: '1990-01-01T00:00:00.000Z',
      circuits: 0,
      connection: 'dialled: CONNECT 9600',
      counters: {},
    },
  ],
  circuits: [
    {
      id: 'psdn0-1',
      link: 'psdn0',
      channel: 16,
      direction: 'outgoing',
      called: '26245300040',
      calling: '23421000001',
      peer: 'site-b',
      state: 'connected',
      begun: '1990-01-01T00:01:00.000Z',
      ageMs: 65_000,
      connectedMs: 64_000,
      cost: 0.25,
      currency: 'EUR',
      agreed: ['packet size 512/512', 'window 4/4'],
      resets: 2,
      interrupts: 0,
      sent: { packets: 10, octets: 1280, segments: 20 },
      received: { packets: 1, octets: 31, segments: 1 },
    },
    {
      id: 'psdn0-2',
      link: 'psdn0',
      direction: 'incoming',
      called: '23421000001',
      calling: '',
      state: 'calling',
      begun: '1990-01-01T00:01:00.000Z',
      ageMs: 400,
      resets: 0,
      interrupts: 0,
      sent: { packets: 0, octets: 0, segments: 0 },
      received: { packets: 0, octets: 0, segments: 0 },
    },
  ],
  budgets: [
    {
      peer: 'site-b',
      period: 'month',
      from: '1990-01-01T00:00:00.000Z',
      to: '1990-02-01T00:00:00.000Z',
      timezone: 'UTC',
      minutes: 7.04,
      cost: 1.25,
      limit: { minutes: 120, cost: 20 },
    },
  ],
  waiting: [
    {
      destination: 'peer:site-c',
      reason: 'outside its call windows, 22:00-06:00 (UTC)',
      until: '1990-01-01T22:00:00.000Z',
    },
  ],
};

let folder: string;
let socket: string;
let server: ControlServer;
let watchers: Set<TraceWatcher>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'x25mail-'));
  socket = join(folder, 'control');
  watchers = new Set();
  const clock = new VirtualClock();
  const gateway: WatchedGateway = {
    queue: {
      spool: new MemorySpool(clock),
      wallTime: () => clock.wallTime(),
      tryNow: () => {},
    },
    submissions: {
      begin: async () => {
        throw new Error('none are taken');
      },
      isWaiting: async () => false,
    },
    status: () => STATUS,
    clearCircuit: (id) => id === 'psdn0-1',
    tracedLinks: [LINE, XOT],
    watch: (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
  server = await ControlServer.listen(socket, gatewayRequests(gateway));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('clear', () => {
  test('a circuit, and one that is not there', async () => {
    let output = '';
    const write = (text: string): void => {
      output += text;
    };
    expect(await runClear('psdn0-1', { socket }, write)).toBe(0);
    expect(output).toBe('psdn0-1 is being cleared\n');
    await expect(runClear('psdn0-9', { socket }, write)).rejects.toThrow(
      'found circuit "psdn0-9"; allowed: psdn0-1, psdn0-2',
    );
  });
});

describe('status', () => {
  async function said(what: 'status' | 'circuits', json = false): Promise<string> {
    let output = '';
    expect(
      await runStatus(what, { socket, json }, (text) => {
        output += text;
      }),
    ).toBe(0);
    return output;
  }

  test('links with what they count, side by side where it has two directions; circuits', async () => {
    expect(await said('status')).toBe(
      `gw-a.example, running since 1990-01-01 00:00:00Z

Link psdn0 (serial)
  state         coming up since 1990-01-01 00:01:00Z
  last failure  the peer does not answer
  circuits      1
                        sent  received
  framing  bad FCS      2
  link     frames       12    10
           REJ          1
           T1 expiries  3

Link dialled (modem)
  state         on hook since 1990-01-01 00:00:00Z
  modem         dialled: CONNECT 9600
  last failure  none
  circuits      0

Circuits, 2
  circuit      channel  called       calling      peer    state                age         octets/packets sent  received  cost
  psdn0-1 out  16       26245300040  23421000001  site-b  connected, 2 resets  1 min 05 s  1280/10              31/1      0.25 EUR
  psdn0-2 in            23421000001                       calling              0.4 s       0/0                  0/0

Mail that is due and waits
  peer:site-c  until 1990-01-01 22:00:00Z  outside its call windows, 22:00-06:00 (UTC)

Budgets for calls
  site-b  of this month  7.0 of 120 minutes  1.25 of 20.00  until 1990-02-01 00:00:00Z
`,
    );
  });

  test('the circuits alone', async () => {
    expect(await said('circuits')).toMatch(/^Circuits, 2\n/);
  });

  test('for programs', async () => {
    expect(JSON.parse(await said('status', true))).toEqual(STATUS);
    expect(JSON.parse(await said('circuits', true))).toEqual(STATUS.circuits);
  });

  test('neither configuration nor socket: what is needed', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await runStatus('status', { json: false }, () => {})).toBe(2);
    expect(stderr.mock.calls.flat().join('')).toMatch(/-c.*--socket/);
    stderr.mockRestore();
  });
});

describe('capture', () => {
  const event = (octets: string, layer: TraceEvent['layer'] = 'packet'): TraceEvent => ({
    at: 1,
    wallTime: 1000,
    layer,
    direction: 'sent',
    octets: hex(octets),
  });
  const tell: TraceWatcher = (...what) => {
    for (const watcher of watchers) watcher(...what);
  };

  async function capture(
    options: Partial<CaptureOptions>,
    passes: () => void,
  ): Promise<{ status: number; said: string[]; packets: unknown[] }> {
    const said: string[] = [];
    const file = join(folder, 'x.pcapng');
    const done = runCapture(file, { socket, layer: 'frames', ...options }, 'x25mail test', (line) =>
      said.push(line),
    );
    await vi.waitFor(() => expect(said.length).toBeGreaterThan(0));
    passes();
    const status = await done;
    const packets = [...readCapture(readFileSync(file))].map((item) =>
      item.ok ? [item.record.interface.name, item.record.comment] : item.fault,
    );
    return { status, said, packets };
  }

  test('frames, and packets where a link has none; each with link, direction, circuit, and what it is', async () => {
    const { status, said, packets } = await capture({ count: 2 }, () => {
      tell(LINE, event('10 01 21'), 'psdn0-1');
      tell(LINE, event('01 00 10 01 21', 'frame'), 'psdn0-1');
      tell(XOT, event('10 01 21'), undefined);
      tell(XOT, event('10 01 41'), undefined);
    });
    expect({ status, packets }).toEqual({
      status: 0,
      packets: [
        ['psdn0', 'sent on psdn0, circuit psdn0-1: dte > I ns=0 nr=0 | ch 1 RR pr=1'],
        ['wan', 'sent on wan: us > ch 1 RR pr=1'],
      ],
    });
    expect(said).toEqual([
      `capturing to ${join(folder, 'x.pcapng')}, until Ctrl-C`,
      `2 packets written to ${join(folder, 'x.pcapng')}, none lost`,
    ]);
    expect(watchers.size).toBe(0);
  });

  test.each([
    ['packets', ['10 01 21']],
    ['both', ['01 3F', '10 01 21']],
  ] as const)('%s of one link', async (layer, expected) => {
    const { packets } = await capture({ layer, link: ['psdn0'], count: expected.length }, () => {
      tell(XOT, event('10 01 41'), undefined);
      tell(LINE, event('01 3F', 'frame'), undefined);
      tell(LINE, event('10 01 21'), undefined);
    });
    expect(packets.length).toBe(expected.length);
  });

  test('ends after so many seconds', async () => {
    const { status, said } = await capture({ seconds: 0.05 }, () => {});
    expect({ status, said: said.at(-1) }).toMatchObject({
      status: 0,
      said: expect.stringMatching(/^0 packets/) as string,
    });
  });

  test('a file that was there is readable by its owner alone', async () => {
    writeFileSync(join(folder, 'x.pcapng'), 'old', { mode: 0o644 });
    await capture({ seconds: 0.05 }, () => {});
    expect(statSync(join(folder, 'x.pcapng')).mode & 0o777).toBe(0o600);
  });

  test('a link that is not there is told, with those that are, and a file that is there stays', async () => {
    const file = join(folder, 'x.pcapng');
    writeFileSync(file, 'old');
    const options = { socket, layer: 'frames', link: ['psdn1'] } as const;
    await expect(runCapture(file, options, 'x', () => {})).rejects.toThrow(
      'found link "psdn1"; allowed: psdn0, dialled',
    );
    expect(readFileSync(file, 'utf8')).toBe('old');
  });

  test('a link whose packets are not ours to see is told by the gateway', async () => {
    const { status, said } = await capture({ link: ['dialled'] }, () => {});
    expect({ status, said: said.at(-1) }).toEqual({
      status: 1,
      said: 'x25mail: found link "dialled"; allowed: psdn0, wan',
    });
  });

  test('a gateway that stops ends it, and what was written stays', async () => {
    const { status, said, packets } = await capture({}, () => {
      tell(LINE, event('01 3F', 'frame'), undefined);
      setTimeout(() => void server.close(), 50);
    });
    expect(packets.length).toBe(1);
    expect({ status, said: said.at(-1) }).toEqual({
      status: 1,
      said: 'x25mail: the gateway has closed the connection',
    });
  });

  test('a file that can not be written is told before anything else', async () => {
    const nowhere = join(folder, 'no', 'x.pcapng');
    await expect(runCapture(nowhere, { socket, layer: 'frames' }, 'x', () => {})).rejects.toThrow(
      /can't be written .*check the path/,
    );
  });
});
