import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type Configuration,
  formatProblem,
  loadConfiguration,
  parseConfiguration,
  type SerialLinkConfiguration,
} from '../../src/config/index.js';
import { DEFAULT_PACKET_TIMERS } from '../../src/x25/index.js';
import { FILE, problemsOf, tomlOf } from './parts.js';

function serialLinkOf(toml: string): SerialLinkConfiguration {
  const [link] = configurationOf(toml).links;
  if (link?.type !== 'serial') throw new Error('the first link is not serial');
  return link;
}

function configurationOf(toml: string): Configuration {
  const result = parseConfiguration(toml, FILE);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.configuration;
}

describe('all problems at once', () => {
  const TOML = `[gateway]
hostname = "gw a"
nau = "1"
[[link]]
name = "psdn0"
type = "serial"
[link.packet]
window = 9
chanels = {}
[[peer]]
name = "site-b"
nua = 26245300040
link = "psdn1"
[[route]]
domain = "x.test"
[[route]]
domain = "*"
peer = "site-c"
[queue]
max_age = 5
`;

  test('in the order of the file, each with its line', () => {
    const result = parseConfiguration(TOML, FILE);
    expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([
      'gw.toml:2: gateway.hostname: found "gw a"; allowed: the name of this host, such as "gw-a.example"',
      'gw.toml:3: gateway.nau: unknown key; did you mean "nua"?',
      'gw.toml:4: link "psdn0" path: missing; needed: a device such as "/dev/ttyUSB0", or "tcp://host:port" of a serial device server',
      'gw.toml:8: link "psdn0" packet.window: found 9; allowed: a whole number from 1 to 7',
      'gw.toml:9: link "psdn0" packet.chanels: unknown key; did you mean "channels"?',
      'gw.toml:12: peer "site-b" nua: found 26245300040; allowed: 1 to 15 digits; write it in quotes',
      'gw.toml:14: route "x.test": found no way to go; needed: one of peer, smtp, error',
      'gw.toml:18: route "*" peer: found "site-c"; allowed: "site-b"',
      'gw.toml:20: queue.max_age: found 5; allowed: a time with its unit (ms, s, m, h, d) from "1m" to "30d"; write it in quotes',
    ]);
  });

  test('a link that is faulty itself is there all the same for its peers', () => {
    expect(problemsOf(tomlOf({ link: 'name = "psdn0"\ntype = "serial"\npath = "x"\nbaud = 1' }))).toEqual([
      'link "psdn0" baud: found 1; allowed: a whole number from 50 to 4000000',
    ]);
  });
});

describe('text that is no TOML', () => {
  const QUOTES = 'write network addresses, times and words in quotes: nua = "0234", t1 = "3s"';
  test.each([
    ['[gateway]\nnua = 0234', 2, 'column 7: illegal leading zero', QUOTES],
    ['[[peer]]\ncalling = 2624*', 2, 'column 15: illegal character in numeric literal', QUOTES],
    ['[[link]]\ntype = serial', 2, 'column 8: invalid value', QUOTES],
    ['[[link.lapb]]\nt1 = 3s', 2, 'column 7: illegal character in numeric literal', QUOTES],
    [
      'domain = "/\\d/"',
      1,
      'column 13: unrecognised escape sequence',
      `between double quotes a backslash is written twice; single quotes take it as it is: '/^(...)\\.(...)$/'`,
    ],
    [
      '[link]\nname = "a"\n[link]\nname = "b"',
      3,
      'column 2: trying to redefine an already defined table or value',
      'the same key or table stands twice; several links, peers or routes are written [[link]], [[peer]], [[route]]',
    ],
  ])('%j', (toml, line, what, hint) => {
    const result = parseConfiguration(toml, FILE);
    expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([
      `gw.toml:${line}: ${what}; ${hint}`,
    ]);
  });

  test('where no hint is known, what the parser says', () => {
    expect(problemsOf('[gateway')).toHaveLength(1);
  });
});

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'x25mail-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is read, and relative paths start beside it', () => {
    const file = join(folder, 'gw.toml');
    const link = 'name = "a"\ntype = "serial"\npath = "line-a"';
    writeFileSync(
      file,
      tomlOf({ link, peer: 'name = "site-b"\nnua = "1"\nlink = "a"' }, '[log]\ncalls = "c.jsonl"'),
    );
    const result = loadConfiguration(file);
    expect(result).toMatchObject({
      ok: true,
      configuration: {
        file,
        gateway: { spool: join(folder, 'spool') },
        links: [{ line: { type: 'device', path: join(folder, 'line-a') } }],
        log: { callsFile: join(folder, 'c.jsonl') },
      },
    });
  });

  test.each([
    ['none.toml', 'none.toml: no such file'],
    ['.', /: is a directory, not a file$/],
  ])('%s that cannot be read', (name, message) => {
    const result = loadConfiguration(join(folder, name));
    expect(result.ok ? '' : result.problems.map(formatProblem).join('\n')).toMatch(message);
  });

  test('that is no text', () => {
    const file = join(folder, 'latin1.toml');
    writeFileSync(file, Buffer.from('# Gr\xfcezi', 'latin1'));
    const result = loadConfiguration(file);
    expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual(['latin1.toml: is not UTF-8 text']);
  });
});

describe('what a file comes to', () => {
  test('where nothing but the needful is written', () => {
    const { links, peers, queue, log, gateway, listen, relay, incoming } = configurationOf(tomlOf());
    expect({ gateway, listen, relay, incoming, queue, log }).toEqual({
      gateway: {
        hostname: 'gw-a.example',
        greeting: 'ESMTP',
        nua: '23421000001',
        spool: '/etc/x25mail/spool',
        postmaster: 'postmaster@gw-a.example',
      },
      listen: { smtp: [] },
      relay: { networks: [], domains: [] },
      incoming: [],
      queue: {
        retryMs: [60_000, 300_000, 900_000, 3_600_000, 14_400_000],
        maxAgeMs: 432_000_000,
        maxMessageOctets: 33_554_432,
      },
      log: { level: 'info' },
    });
    expect(links[0]).toMatchObject({
      name: 'psdn0',
      line: { type: 'device', path: '/dev/ttyUSB0', baud: 9600, hardwareFlowControl: false },
      role: 'dte',
      nua: '23421000001',
      calling: '23421000001',
      prefixes: { international: '' },
      escapeXonXoff: false,
      lapb: { role: 'dte', modulo: 8, window: 7, active: true },
      lapbAsWritten: [],
    });
    expect(serialLinkOf(tomlOf()).packet).toEqual({
      role: 'dte',
      modulo: 8,
      channels: { twoWay: [1, 16] },
      assign: 'highest',
      defaultPacketSize: 128,
      defaultWindow: 2,
      maxPacketSize: 1024,
      maxWindow: 7,
      negotiation: true,
      timers: DEFAULT_PACKET_TIMERS,
    });
    expect(peers[0]).toEqual({
      name: 'site-b',
      nua: '26245300040',
      calling: [expect.objectContaining({ text: '26245300040' })],
      links: ['psdn0'],
      userData: Uint8Array.of(0xc0, 0xf7, 0, 0),
      facilities: [{}],
      timers: { callAcceptMs: 100_000, serviceReadyMs: 120_000, replyMs: 600_000, quitMs: 20_000 },
      maxCircuits: 1,
    });
  });

  test('where all is written', () => {
    const { links, peers, incoming, routes } = configurationOf(`
[gateway]
hostname = "a"
[[link]]
name = "l"
type = "serial"
path = "tcp://[::1]:7001"
baud = 2400
flow = "xonxoff"
role = "dce"
nua = "0123"
[link.lapb]
window = 3
t1 = "5s"
t2 = "0s"
t3 = "1m"
n2 = 4
[link.packet]
window = 1
size = 64
max_size = 64
max_window = 3
channels = { incoming = "1", two_way = "2-3", outgoing = "10-4095" }
assign = "highest"
negotiation = true
timers = { t10 = "1s", t24 = "20s", r13 = 3 }
[link.address]
calling = "none"
prefix = { international = "0" }
[[peer]]
name = "p"
nua = "1"
calling = "1*"
link = ["l"]
call_user_data = "CC"
facilities = [{ packet_size = 32, window = 3 }, { window = 1 }, {}]
timers = { call_accept = "1s", service_ready = "2s", reply = "3s", quit = "4s" }
calls = { max_circuits = 3 }
[[incoming]]
link = "l"
calling = "2*"
called = "0123*"
call_user_data = "cc01"
action = "engine"
relay = true
max_circuits = 2
[[incoming]]
name = "no"
action = "reject"
cause = 0x0B
diagnostic = 0x46
[[route]]
domain = "*.p.test"
peer = "p"
[[route]]
domain = '/^(.+)\\.lan$/'
smtp = "$1.internal:25"
[[route]]
domain = "six.test"
smtp = "[::1]:2525"
[[route]]
domain = "*"
error = "4.3.0 not today"
`);
    expect(links[0]).toMatchObject({
      line: { type: 'tcp', host: '::1', port: 7001, baud: 2400 },
      role: 'dce',
      nua: '0123',
      prefixes: { international: '0' },
      escapeXonXoff: true,
      lapb: { role: 'dce', window: 3, t1Ms: 5_000, t2Ms: 0, t3Ms: 60_000, n2: 4 },
      lapbAsWritten: ['t1Ms', 't2Ms', 't3Ms', 'n2'],
      packet: {
        role: 'dce',
        channels: { incoming: [1, 1], twoWay: [2, 3], outgoing: [10, 4095] },
        assign: 'highest',
        defaultPacketSize: 64,
        defaultWindow: 1,
        maxPacketSize: 64,
        maxWindow: 3,
        timers: { ...DEFAULT_PACKET_TIMERS, t10: 1_000, t24: 20_000, r13: 3 },
      },
    });
    expect(links[0]).not.toHaveProperty('calling');
    expect(peers[0]).toMatchObject({
      calling: [{ text: '1*' }],
      userData: Uint8Array.of(0xcc),
      facilities: [
        { packetSize: { fromCalled: 32, fromCalling: 32 }, windowSize: { fromCalled: 3, fromCalling: 3 } },
        { windowSize: { fromCalled: 1, fromCalling: 1 } },
        {},
      ],
      timers: { callAcceptMs: 1_000, serviceReadyMs: 2_000, replyMs: 3_000, quitMs: 4_000 },
      maxCircuits: 3,
    });
    expect(incoming).toMatchObject([
      {
        name: 'number 1',
        link: 'l',
        calling: { text: '2*' },
        called: { text: '0123*' },
        userData: Uint8Array.of(0xcc, 0x01),
        action: { type: 'engine', relay: true, maxCircuits: 2 },
      },
      { name: 'no', action: { type: 'reject', cause: 0x0b, diagnostic: 0x46 } },
    ]);
    expect(routes).toMatchObject([
      { domain: { text: '*.p.test' }, target: { type: 'peers', peers: ['p'] } },
      { target: { type: 'smtp', host: { text: '$1.internal' }, port: 25 } },
      { target: { type: 'smtp', host: { text: '::1' }, port: 2525 } },
      { target: { type: 'refused', status: '4.3.0', text: { text: 'not today' } } },
    ]);
  });

  test('an engine rule takes mail only, a reject rule all, unless said otherwise', () => {
    const rules = '[[incoming]]\naction = "engine"\n[[incoming]]\naction = "reject"';
    const { incoming } = configurationOf(tomlOf({}, rules));
    expect(incoming.map(({ userData }) => userData)).toEqual([Uint8Array.of(0xc0, 0xf7, 0, 0), undefined]);
    expect(incoming[1]?.action).toEqual({ type: 'reject', cause: 0x00, diagnostic: 0xf5 });
  });

  test('a short T1 takes T2 with it', () => {
    const link = 'name = "psdn0"\ntype = "serial"\npath = "/dev/ttyS0"\n[link.lapb]\nt1 = "100ms"';
    expect(serialLinkOf(tomlOf({ link })).lapb).toMatchObject({ t1Ms: 100, t2Ms: 25 });
  });

  test('a slower line gets a longer T1', () => {
    const t1At = (baud: number): number => {
      const link = `name = "psdn0"\ntype = "serial"\npath = "/dev/ttyS0"\nbaud = ${baud}`;
      return serialLinkOf(tomlOf({ link })).lapb.t1Ms;
    };
    expect(t1At(2_400)).toBeGreaterThan(t1At(9_600));
  });

  test('the default channels of one file are not those of another', () => {
    const one = serialLinkOf(tomlOf()).packet.channels;
    expect(serialLinkOf(tomlOf()).packet.channels).toEqual(one);
  });
});

describe('the examples', () => {
  const FOLDER = join(import.meta.dirname, '../../config');

  test('are there', () => {
    expect(
      readdirSync(FOLDER)
        .filter((name) => name.endsWith('.toml'))
        .toSorted(),
    ).toEqual(['internet-gateway.toml', 'psdn-relay.toml', 'simulated.toml']);
  });

  test.each([
    ['internet-gateway.toml', []],
    ['psdn-relay.toml', []],
    // What its comment says.
    ['simulated.toml', ['link "line-a" lapb.t1']],
  ])('%s can be used, with the warnings %j', (name, keys) => {
    const result = loadConfiguration(join(FOLDER, name));
    expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([]);
    expect(result.ok && result.warnings.map(({ key }) => key)).toEqual(keys);
  });
});

test('the configurations in README.md can be used', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const examples = Array.from(readme.matchAll(/^```toml\n(.*?)^```/gms), ([, toml = '']) => toml);
  expect(examples.length).toBeGreaterThan(0);
  expect(examples.flatMap(problemsOf)).toEqual([]);
});

test('no text makes it throw, and what is refused is refused with a reason', () => {
  const word = fc.constantFrom(
    '[gateway]',
    '[[link]]',
    '[[peer]]',
    '[link.packet]',
    '[[route]]',
    '[[incoming]]',
    '[queue]',
    'name',
    'nua',
    'link',
    'peer',
    'domain',
    'hostname',
    'channels',
    '=',
    '"a"',
    '"*"',
    '"1-16"',
    '1',
    '{',
    '}',
    '[',
    ']',
    '\n',
  );
  const toml = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 40 }).map((words) => words.join(' ')),
  );
  fc.assert(
    fc.property(toml, (text) => {
      const result = parseConfiguration(text, FILE);
      expect(result.ok || result.problems.length > 0).toBe(true);
    }),
    { numRuns: 200 },
  );
});
