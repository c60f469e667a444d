import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { fromAscii } from '../../src/core/index.js';
import { createLog, type LogOptions, traceTo } from '../../src/observe/index.js';
import { hex } from '../support/hex.js';

function capture(options: LogOptions) {
  const lines: string[] = [];
  const destination = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  const log = createLog({ ...options, destination });
  return { lines, log };
}

test('a line is JSON with its level in words, the time and what it is about', () => {
  const { lines, log } = capture({ level: 'info', pretty: false });
  log.child({ link: 'psdn0' }).info({ messages: 2 }, 'session over');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      link: 'psdn0',
      messages: 2,
      msg: 'session over',
    },
  ]);
});

test('what is below the level is not written', () => {
  const { lines, log } = capture({ level: 'warn', pretty: false });
  log.info('no');
  log.warn('yes');
  expect(lines).toHaveLength(1);
});

test('for people a line stands on one line', async () => {
  const { lines, log } = capture({ level: 'info', pretty: true });
  log.info({ link: 'psdn0' }, 'link up');
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(lines.join('')).toMatch(/^\[[\d:.]+\] INFO: link up \{"link":"psdn0"\}\n$/);
});

describe('octets are never logged', () => {
  const secret = fromAscii('secret');
  test.each([
    ['as a field', { octets: secret }],
    ['deep inside', { packet: { pieces: [{ payload: Buffer.from(secret) }] } }],
    ['deeper than anybody looks', { a: { b: { c: { d: { e: secret } } } } }],
    [
      'in an object of a class',
      {
        piece: new (class Piece {
          readonly octets = secret;
        })(),
      },
    ],
  ])('%s', (_where, fields) => {
    const { lines, log } = capture({ level: 'info', pretty: false });
    log.info(fields, 'something');
    expect(lines.join()).toMatch(/6 octets|\.\.\./);
    expect(lines.join()).not.toMatch(/115|secret|c2VjcmV0/);
  });

  test('other values stay as they are', () => {
    const { lines, log } = capture({ level: 'info', pretty: false });
    log.info({ at: new Date(0), list: [1, null, true], err: new Error('why') }, 'something');
    expect(JSON.parse(lines.join())).toMatchObject({
      at: '1970-01-01T00:00:00.000Z',
      list: [1, null, true],
      err: { message: 'why' },
    });
  });
});

describe('a link traced to the log', () => {
  const event = { at: 0, wallTime: 0, direction: 'sent' } as const;
  const frame = { ...event, layer: 'frame', octets: hex('01 71') } as const;
  const packet = { ...event, layer: 'packet', octets: hex('10 01 21') } as const;

  test.each([
    [{ name: 'psdn0', role: 'dte' }, 'trace', ['dte > RR nr=3 P']],
    [{ name: 'wan', role: 'either' }, 'trace', ['us > ch 1 RR pr=1']],
    [{ name: 'psdn0', role: 'dte' }, 'debug', []],
  ] as const)('%o at level %s has one line for what passes', (link, level, words) => {
    const { lines, log } = capture({ level, pretty: false });
    const trace = traceTo(log, link);
    trace(frame);
    trace(packet);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(words);
  });
});
