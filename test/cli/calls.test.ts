import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CallSums } from '../../src/cli/call-sums.js';
import { type CallsOptions, parseMoment, runCalls } from '../../src/cli/calls.js';
import { VirtualClock } from '../../src/core/index.js';
import { CallRecordBuilder, readCallRecord, type StoredCallRecord } from '../../src/observe/index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'x25mail-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function record(changes: Partial<StoredCallRecord> = {}): StoredCallRecord {
  return {
    circuit: 'psdn0-1',
    link: 'psdn0',
    direction: 'outgoing',
    called: '26245300040',
    calling: '23421000001',
    peer: 'site-b',
    begun: '2026-11-24T08:00:00.000Z',
    connected: '2026-11-24T08:00:02.000Z',
    ended: '2026-11-24T08:01:07.000Z',
    setUpMs: 2000,
    connectedMs: 65_000,
    sent: { packets: 12, octets: 1204, segments: 24 },
    received: { packets: 2, octets: 100, segments: 3 },
    messagesSent: 2,
    messagesReceived: 0,
    resets: 0,
    verdict: 'completed',
    ending: { cause: 0, diagnostic: 0xf1, text: 'cleared by us, session over (00/F1)' },
    ...changes,
  };
}

const BUSY = record({
  begun: '2026-11-25T09:00:00.000Z',
  connectedMs: 0,
  sent: { packets: 0, octets: 0, segments: 0 },
  received: { packets: 0, octets: 0, segments: 0 },
  messagesSent: 0,
  verdict: 'failed',
  ending: { cause: 1, diagnostic: 0, text: 'number busy (01/00)' },
});
const { connected: _, ...NOT_CONNECTED } = BUSY;
const STRANGER = record({
  direction: 'incoming',
  calling: '',
  link: 'wan',
  messagesSent: 0,
  messagesReceived: 1,
  connectedMs: 5000,
});
const { peer: __, ...FROM_STRANGER } = STRANGER;
const RECORDS: readonly object[] = [record(), NOT_CONNECTED, FROM_STRANGER];

function write(records: readonly (object | string)[], name = 'calls.jsonl'): string {
  const file = join(folder, name);
  const text = records.map((each) => `${typeof each === 'string' ? each : JSON.stringify(each)}\n`).join('');
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

async function calls(
  files: readonly string[],
  options: CallsOptions = {},
): Promise<{ status: number; output: string; complaints: string[] }> {
  let output = '';
  const complaints: string[] = [];
  const status = await runCalls(files, options, {
    write: (text) => {
      output += text;
    },
    complain: (line) => complaints.push(line),
  });
  return { status, output, complaints };
}

test('a list, and its total', async () => {
  expect(await calls([write(RECORDS)])).toEqual({
    status: 0,
    complaints: [],
    output: [
      '2026-11-24 08:00:00Z psdn0 to 26245300040 (site-b) completed: 1 min 05 s, 2 messages sent, segments out 24, in 3, cleared by us, session over (00/F1)',
      '2026-11-25 09:00:00Z psdn0 to 26245300040 (site-b) failed: number busy (01/00)',
      '2026-11-24 08:00:00Z wan from without a number completed: 5.0 s, 1 message received, segments out 24, in 3, cleared by us, session over (00/F1)',
      '3 calls, 2 connected for 1 min 10 s; messages out 2, in 1; segments out 48, in 6',
      '',
    ].join('\n'),
  });
});

test('what a gateway writes is read', () => {
  const clock = new VirtualClock(Date.UTC(1990, 0, 1));
  const start = {
    link: 'l',
    direction: 'incoming',
    called: '1',
    calling: '',
    userData: new Uint8Array(4),
  } as const;
  const written = new CallRecordBuilder(clock, start).finish({
    by: 'peer',
    cause: 0,
    diagnostic: 0,
    facilities: {},
    userData: new Uint8Array(),
  });
  const { callUserData: _data, ending, ...rest } = JSON.parse(JSON.stringify(written));
  const { by: _by, ...how } = ending;
  expect(readCallRecord(JSON.stringify(written))).toEqual({ ...rest, ending: how });
});

describe('what is chosen', () => {
  test.each<[string, CallsOptions, number]>([
    ['all', {}, 3],
    ['a peer', { peer: ['site-b'] }, 2],
    ['another peer', { peer: ['other'] }, 0],
    ['a link', { link: ['wan', 'x'] }, 1],
    ['a direction', { direction: 'outgoing' }, 2],
    ['since', { since: Date.UTC(2026, 10, 25, 9) }, 1],
    ['until', { until: Date.UTC(2026, 10, 25, 9) }, 2],
  ])('%s', async (_what, options, expected) => {
    const { output } = await calls([write(RECORDS)], { ...options, json: true });
    expect(JSON.parse(output)).toHaveLength(expected);
  });

  test('nothing', async () => {
    expect((await calls([write([])])).output).toBe('No calls\n');
  });
});

describe('sums', () => {
  test('by peer and day, with what they cost', async () => {
    const priced = Array.from({ length: 10 }, () => record({ cost: 0.1, currency: 'EUR' }));
    const { output } = await calls([write([...priced, ...RECORDS, record({ cost: 3, currency: 'CHF' })])], {
      by: ['peer', 'day'],
    });
    expect(output).toMatch(
      /^By peer\n {2}peer +calls +connected +time +messages out\/in +segments out\/in +cost\n/,
    );
    expect(output).toMatch(/^ {2}site-b +13 +12 +13 min 00 s +24\/0 +288\/36 +1\.00 EUR, 3\.00 CHF$/m);
    expect(output).toMatch(/^ {2}no peer: without a number +1 +1 +5\.0 s +0\/1 +24\/3$/m);
    expect(output).toMatch(/^By day$/m);
    expect(output).toMatch(/^ {2}2026-11-24 .*\n {2}2026-11-25 +1 +0 +0\.0 s +0\/0 +0\/0\n {2}all +14 /m);
  });

  test('by cause, as JSON', async () => {
    const { output } = await calls([write(RECORDS)], { by: ['cause'], json: true });
    expect(JSON.parse(output)).toMatchObject({
      cause: [
        { name: 'completed: cleared by us, session over (00/F1)', calls: 2, connectedMs: 70_000 },
        { name: 'failed: number busy (01/00)', calls: 1, connected: 0, cost: {} },
      ],
    });
  });

  test('strangers may have any number of numbers', () => {
    const sums = new CallSums('peer');
    for (let n = 0; n < 10_050; n++) {
      const { peer: _peer, ...stranger } = record({ called: String(n), connectedMs: 1 });
      sums.add(stranger);
    }
    expect(sums.sums()).toHaveLength(10_001);
    expect(sums.sums()[0]).toMatchObject({ name: 'all others', calls: 50 });
  });
});

describe('CSV', () => {
  test('a list', async () => {
    const odd = record({
      cost: 0.35,
      currency: 'EUR',
      ending: { cause: 9, diagnostic: 1, text: 'a "b", c' },
    });
    const lines = (await calls([write([odd])], { csv: true })).output.split('\r\n');
    expect(lines).toEqual([
      'begun,connected,ended,link,direction,called,calling,peer,verdict,connected_ms,messages_sent,messages_received,packets_sent,packets_received,octets_sent,octets_received,segments_sent,segments_received,resets,cause,diagnostic,reason,cost,currency',
      '2026-11-24T08:00:00.000Z,2026-11-24T08:00:02.000Z,2026-11-24T08:01:07.000Z,psdn0,outgoing,26245300040,23421000001,site-b,completed,65000,2,0,12,2,1204,100,24,3,0,9,1,"a ""b"", c",0.35,EUR',
      '',
    ]);
  });

  test('sums; two at once would be no table', async () => {
    const file = write([record({ cost: 0.35, currency: 'EUR' }), FROM_STRANGER]);
    expect((await calls([file], { csv: true, by: ['link'] })).output).toBe(
      'link,calls,connected,connected_ms,messages_sent,messages_received,octets_sent,octets_received,segments_sent,segments_received,cost_EUR\r\n' +
        'psdn0,1,1,65000,2,0,1204,100,24,3,0.35\r\nwan,1,1,5000,0,1,1204,100,24,3,\r\n',
    );
    expect(await calls([file], { csv: true, by: ['link', 'day'] })).toMatchObject({ status: 2 });
  });
});

describe('files', () => {
  test('rotated ones, packed or not; the last line may be cut off', async () => {
    const old = write(RECORDS, 'calls.jsonl.1.gz');
    const now = write(RECORDS);
    writeFileSync(now, JSON.stringify(record()).slice(0, 40), { flag: 'a' });
    const { output, complaints } = await calls([old, now], { json: true });
    expect(JSON.parse(output)).toHaveLength(6);
    expect(complaints).toEqual(['one line is no call record, and passed over']);
  });

  test('bad lines are counted, and take no room', async () => {
    const file = write([
      '',
      'no JSON',
      '{}',
      '{"link":1}',
      'x'.repeat(70_000),
      'y'.repeat(300_000),
      ...RECORDS,
    ]);
    const { status, output, complaints } = await calls([file], { json: true });
    expect(JSON.parse(output)).toHaveLength(3);
    expect([status, complaints]).toEqual([0, ['5 lines are no call record, and passed over']]);
  });

  test('one that is not there, or is not packed after all', async () => {
    await expect(calls([join(folder, 'nope')])).rejects.toThrow(/nope can't be read: ENOENT/);
    await expect(calls([join(folder, 'nope.gz')])).rejects.toThrow(/nope\.gz can't be read: ENOENT/);
    const plain = join(folder, 'plain.gz');
    writeFileSync(plain, 'x\n');
    await expect(calls([plain])).rejects.toThrow(/plain\.gz can't be read: incorrect header check/);
  });

  test('the one that the configuration names', async () => {
    write(RECORDS);
    const config = join(folder, 'a.toml');
    const toml = '[gateway]\nhostname = "gw"\nspool = "spool"\npostmaster = "root@a.example"\n';
    writeFileSync(config, `${toml}[log]\ncalls = "calls.jsonl"\n`);
    expect(JSON.parse((await calls([], { config, json: true })).output)).toHaveLength(3);
    writeFileSync(config, toml);
    expect(await calls([], { config })).toEqual({
      status: 2,
      output: '',
      complaints: [`${config} keeps no call records: name a file for them, calls in [log]`],
    });
    expect((await calls([])).status).toBe(2);
  });
});

describe('moments', () => {
  const NOW = Date.UTC(2026, 10, 24, 12);
  test.each([
    ['7d', false, NOW - 7 * 86_400_000],
    ['2026-11-24', false, Date.UTC(2026, 10, 24)],
    ['2026-11-24', true, Date.UTC(2026, 10, 25)],
    ['2026-11-24 08:30', true, Date.UTC(2026, 10, 24, 8, 30)],
    ['2026-11-24T08:30:15Z', false, Date.UTC(2026, 10, 24, 8, 30, 15)],
  ])('%s (end: %s)', (text, isEnd, expected) => {
    expect(parseMoment(text, NOW, isEnd)).toBe(expected);
  });

  test.each(['', 'yesterday', '2026-13-01', '24.11.2026', '2026-11-24T08:30+01:00'])('%s is none', (text) => {
    expect(() => parseMoment(text, NOW, false)).toThrow('or how long ago: 7d');
  });
});
