import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CircuitTraffic, Ending } from '../../src/circuit/index.js';
import { VirtualClock } from '../../src/core/index.js';
import {
  CallLog,
  type CallPrice,
  CallRecordBuilder,
  type CallStart,
  callRecordLine,
} from '../../src/observe/index.js';
import type { Facilities } from '../../src/x25/index.js';
import { hex } from '../support/hex.js';

const OUTGOING: CallStart = {
  circuit: 'psdn0-1',
  link: 'psdn0',
  direction: 'outgoing',
  called: '26245300040',
  calling: '23421000001',
  peer: 'site-b',
  userData: hex('C0 F7 00 00'),
};
const INCOMING: CallStart = {
  link: 'psdn0',
  direction: 'incoming',
  called: '23421000001',
  calling: '',
  userData: hex('01 00 00 00'),
};
const CONNECTED = {
  type: 'connected',
  facilities: {
    packetSize: { fromCalling: 512, fromCalled: 256 },
    windowSize: { fromCalling: 4, fromCalled: 4 },
    reverseCharging: true,
    userIdentification: hex('41 42'),
    other: hex('05 01'),
  },
  userData: new Uint8Array(0),
} as const;
const TRAFFIC: CircuitTraffic = {
  packetsSent: 12,
  packetsReceived: 1,
  octetsSent: 1204,
  octetsReceived: 411,
  segmentsSent: 24,
  segmentsReceived: 7,
};

function ending(by: Ending['by'], cause: number, diagnostic: number): Ending {
  return { by, cause, diagnostic, facilities: {}, userData: new Uint8Array(0) };
}

function completedCall() {
  const clock = new VirtualClock();
  const record = new CallRecordBuilder(clock, OUTGOING);
  clock.runFor(20_000); // dialling
  record.handle({ type: 'requested' });
  clock.runFor(1250);
  record.handle(CONNECTED);
  record.messageSent();
  record.messageSent();
  record.messageReceived();
  clock.runFor(65_400);
  record.sessionCompleted();
  return record.finish(ending('us', 0x00, 0xf1), TRAFFIC);
}

test('a completed call: times, durations, traffic, facilities, messages and why it ended', () => {
  expect(completedCall()).toEqual({
    circuit: 'psdn0-1',
    link: 'psdn0',
    direction: 'outgoing',
    called: '26245300040',
    calling: '23421000001',
    peer: 'site-b',
    callUserData: 'C0F70000',
    begun: '1990-01-01T00:00:00.000Z',
    requested: '1990-01-01T00:00:20.000Z',
    connected: '1990-01-01T00:00:21.250Z',
    ended: '1990-01-01T00:01:26.650Z',
    setUpMs: 1250,
    connectedMs: 65_400,
    facilities: {
      packetSize: { fromCalling: 512, fromCalled: 256 },
      windowSize: { fromCalling: 4, fromCalled: 4 },
      reverseCharging: true,
      other: '0501',
    },
    sent: { packets: 12, octets: 1204, segments: 24 },
    received: { packets: 1, octets: 411, segments: 7 },
    messagesSent: 2,
    messagesReceived: 1,
    resets: 0,
    verdict: 'completed',
    ending: { by: 'us', cause: 0, diagnostic: 0xf1, text: 'cleared by us: disconnection, normal (00/F1)' },
  });
});

test('a completed call in one line', () => {
  expect(callRecordLine(completedCall())).toBe(
    '1990-01-01 00:00:00Z psdn0 outgoing 23421000001 > 26245300040 (site-b) completed: set up in 1.3 s, ' +
      'connected 1 min 05 s, 2 messages sent, 1 message received, out 12 packets 1204 octets 24 segments, ' +
      'in 1 packet 411 octets 7 segments, reverse charging, cleared by us: disconnection, normal (00/F1)',
  );
});

describe('what the network charges', () => {
  const charged = (facilities: Facilities) => {
    const builder = new CallRecordBuilder(new VirtualClock(), OUTGOING);
    builder.handle(CONNECTED);
    const record = builder.finish({ ...ending('us', 0x00, 0xf1), facilities }, TRAFFIC);
    return { charged: record.charged, line: callRecordLine(record) };
  };

  test('is in the record per tariff period, and in the line as a sum', () => {
    const { charged: facts, line } = charged({
      charge: hex('01 25'),
      chargedSegments: [
        { toDte: 24, fromDte: 1203 },
        { toDte: 1, fromDte: 0 },
      ],
      chargedSeconds: [90, 30],
    });
    expect(facts).toEqual({
      monetaryUnits: '0125',
      segments: [
        { toDte: 24, fromDte: 1203 },
        { toDte: 1, fromDte: 0 },
      ],
      seconds: [90, 30],
    });
    expect(line).toContain(', charged 0125 monetary units 1228 segments 2 min 00 s, cleared by us');
  });

  test.each<[Facilities, string]>([
    [{ chargedSegments: [{ toDte: 1, fromDte: 0 }] }, 'charged 1 segment,'],
    [{ chargedSeconds: [5] }, 'charged 5.0 s,'],
    [{ chargedSeconds: [] }, 'charged nothing,'],
  ])('%o', (facilities, words) => {
    expect(charged(facilities).line).toContain(words);
  });

  test('is absent when the network says nothing', () => {
    const { charged: facts, line } = charged({ calledAddressModified: 7 });
    expect(facts).toBeUndefined();
    expect(line).not.toContain('charged');
  });
});

describe('what a call costs us', () => {
  const price = (currency?: string) => ({
    costOf: ({ connectedAt, connectedMs, segments }: Parameters<CallPrice['costOf']>[0]) =>
      connectedAt === Date.UTC(1990, 0, 1, 0, 0, 1) ? connectedMs / 1000 + segments / 100 : -1,
    currency,
  });
  const record = (start: Partial<CallStart>, isConnected = true, facilities: Facilities = {}) => {
    const clock = new VirtualClock(Date.UTC(1990, 0, 1));
    const builder = new CallRecordBuilder(clock, { ...OUTGOING, ...start });
    clock.runFor(1000);
    if (isConnected) builder.handle(CONNECTED);
    clock.runFor(5000);
    return builder.finish({ ...ending('us', 0x00, 0xf1), facilities }, TRAFFIC);
  };

  test('is in the record and in the line, beside what the network says', () => {
    const call = record({ price: price('EUR') }, true, { chargedSeconds: [90] });
    expect(call).toMatchObject({ cost: 5.31, currency: 'EUR', charged: { seconds: [90] } });
    expect(callRecordLine(call)).toContain(', charged 1 min 30 s, cost 5.31 EUR, cleared by us');
    expect(call).not.toHaveProperty('price');
  });

  test('is nothing where nothing was connected, and unknown without a tariff', () => {
    expect(record({ price: price() }, false)).toMatchObject({ cost: 0 });
    expect(callRecordLine(record({ price: price() }, false))).not.toContain('cost');
    expect(record({})).not.toHaveProperty('cost');
  });
});

test('a call that came round about says so', () => {
  const builder = new CallRecordBuilder(new VirtualClock(), OUTGOING);
  const facilities = { redirectedFrom: { reason: 9, address: '700' }, calledAddressModified: 7 };
  builder.handle({ ...CONNECTED, facilities });
  expect(callRecordLine(builder.finish(ending('us', 0x00, 0xf1), TRAFFIC))).toContain(
    ', redirected from 700 (out of order), called address modified (hunt group), cleared',
  );
});

test('a network user identification is in no record', () => {
  expect(JSON.stringify(completedCall())).not.toContain('userIdentification');
});

test('a call that nobody took has no traffic, no facilities and was connected for no time', () => {
  const clock = new VirtualClock();
  const builder = new CallRecordBuilder(clock, INCOMING);
  const record = builder.finish(ending('us', 0x00, 0xf9));
  expect(record).toMatchObject({
    connectedMs: 0,
    sent: { packets: 0, octets: 0, segments: 0 },
    verdict: 'refused',
  });
  for (const absent of ['circuit', 'peer', 'requested', 'connected', 'setUpMs', 'facilities'])
    expect(record).not.toHaveProperty(absent);
  expect(callRecordLine(record)).toBe(
    '1990-01-01 00:00:00Z psdn0 incoming unknown > 23421000001 refused: cleared by us: connection rejected, ' +
      'unrecognizable protocol identifier in user data (00/F9)',
  );
});

test('an interrupted call counts its resets', () => {
  const builder = new CallRecordBuilder(new VirtualClock(), OUTGOING);
  builder.handle(CONNECTED);
  builder.handle({ type: 'reset', by: 'peer', cause: 7, diagnostic: 0 });
  const record = builder.finish(ending('us', 0x00, 0x00), TRAFFIC);
  expect(record).toMatchObject({ verdict: 'interrupted', resets: 1 });
  expect(callRecordLine(record)).toMatch(/ interrupted: .* 1 reset, cleared by us/);
});

describe('the verdict on a call that was never connected', () => {
  test.each([
    [OUTGOING, 'peer', 'failed'],
    [OUTGOING, 'link', 'failed'],
    [OUTGOING, 'us', 'abandoned'],
    [INCOMING, 'us', 'refused'],
    [INCOMING, 'peer', 'withdrawn'],
    [INCOMING, 'link', 'withdrawn'],
  ] as const)('%o ended by %s is %s', (start, by, verdict) => {
    const builder = new CallRecordBuilder(new VirtualClock(), start);
    builder.sessionCompleted(); // can't be, and must not matter
    expect(builder.finish(ending(by, 0x09, 0x00)).verdict).toBe(verdict);
  });
});

test('records are appended to their file, one JSON object per line', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'x25mail-'));
  const path = join(directory, 'calls.jsonl');
  const errors: Error[] = [];
  const record = completedCall();
  for (let run = 0; run < 2; run++) {
    const log = new CallLog(path, { onError: (error) => void errors.push(error) });
    log.write(record);
    await log.close();
    expect(log.counters.get('pieces')).toBe(1);
  }
  const lines = (await readFile(path, 'utf8')).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[2]).toBe('');
  expect(lines.slice(0, 2).map((line) => JSON.parse(line))).toEqual([record, record]);
  expect(errors).toEqual([]);
  await rm(directory, { recursive: true });
});
