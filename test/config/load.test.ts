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
  routerFor,
  type SerialLinkConfiguration,
} from '../../src/config/index.js';
import { DEFAULT_MODEM_TIMES } from '../../src/modem/index.js';
import { DEFAULT_PAD_TIMERS } from '../../src/pad/index.js';
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
window = 200
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
      'gw.toml:8: link "psdn0" packet.window: found 200; allowed: a whole number from 1 to 127',
      'gw.toml:9: link "psdn0" packet.chanels: unknown key; did you mean "channels"?',
      'gw.toml:12: peer "site-b" nua: found 26245300040; allowed: 1 to 15 digits; write it in quotes',
      'gw.toml:14: route "x.test": found no way to go; needed: one of peer, nua, smtp, mx, lmtp, maildir, fetched_by, error',
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
        console: { socket: join(folder, 'spool', 'control') },
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
    const { links, peers, queue, log, gateway, listen, relay, incoming, bridges } = configurationOf(tomlOf());
    expect({ gateway, listen, relay, incoming, bridges, queue, log }).toEqual({
      gateway: {
        hostname: 'gw-a.example',
        greeting: 'ESMTP',
        nua: '23421000001',
        spool: '/etc/x25mail/spool',
        postmaster: 'postmaster@gw-a.example',
      },
      listen: { smtp: [], submission: [] },
      relay: { networks: [], domains: [], protectSenders: true },
      incoming: [],
      bridges: [],
      queue: {
        retryMs: [60_000, 300_000, 900_000, 3_600_000, 14_400_000],
        maxAgeMs: 432_000_000,
        delayWarningMs: 14_400_000,
        maxMessageOctets: 33_554_432,
      },
      log: { level: 'info' },
    });
    expect(links[0]).toMatchObject({
      name: 'psdn0',
      vouched: true,
      line: { type: 'device', path: '/dev/ttyUSB0', baud: 9600, hardwareFlowControl: false },
      role: 'dte',
      nua: '23421000001',
      calling: '23421000001',
      prefixes: { international: '' },
      escapeXonXoff: false,
      fcs: '16',
      watchesCarrier: false,
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
      reject: false,
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
      users: [],
    });
  });

  test('a peer that is spoken to within TLS and with a login', () => {
    const peer = `name = "site-b"
nua = "26245300040"
link = "psdn0"
tls = "verify"
tls_name = "gw-b.example"
tls_ca = "ca.pem"
auth = { user = "gw-a", password_file = "password" }`;
    expect(configurationOf(tomlOf({ peer })).peers[0]?.terms).toEqual({
      tls: 'verify',
      tlsName: 'gw-b.example',
      trusted: '/etc/x25mail/ca.pem',
      login: { user: 'gw-a', passwordFile: '/etc/x25mail/password' },
    });
  });

  test('a peer where our mail is fetched, and that may fetch its own when it logs in', () => {
    const peer = `name = "hub"
nua = "26245300040"
link = "psdn0"
users = "hub"
fetch = "atrn"
fetch_domains = ["site-a.example"]
fetch_every = "1h"`;
    const { peers, limits } = configurationOf(
      tomlOf({ peer, route: 'domain = "*"\npeer = "hub"' }, '[limits]\netrn = "0s"'),
    );
    expect(peers[0]).toMatchObject({
      users: ['hub'],
      fetch: { how: 'atrn', domains: ['site-a.example'], everyMs: 3_600_000 },
    });
    expect(limits.etrnEveryMs).toBe(0);
  });

  test('carrier is watched where it is asked for', () => {
    const link = 'name = "psdn0"\ntype = "serial"\npath = "/dev/ttyS0"\ncarrier = "watch"';
    expect(configurationOf(tomlOf({ link })).links[0]).toMatchObject({ watchesCarrier: true });
  });

  test('a link whose calls carry a subaddress of its number alone, and whose packet layer finds out its role', () => {
    const link = serialLinkOf(
      tomlOf({
        link: `name = "psdn0"
type = "serial"
path = "/dev/ttyUSB0"
role = "dce"
[link.packet]
role = "auto"
modulo = 128
window = 100
[link.address]
calling = "subaddress"
subaddress = "07"`,
      }),
    );
    expect(link).toMatchObject({
      role: 'dce',
      calling: '07',
      lapb: { role: 'dce' },
      packet: { role: 'auto', assign: 'auto', modulo: 128, defaultWindow: 100, maxWindow: 127 },
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
fcs = "none"
carrier = "ignore"
nua = "0123"
[link.lapb]
modulo = 128
start = "passive"
window = 100
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
reject = true
timers = { t10 = "1s", t24 = "20s", t27 = "5s", r13 = 3, r25 = 2 }
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
      fcs: 'none',
      watchesCarrier: false,
      lapb: {
        role: 'dce',
        modulo: 128,
        active: false,
        window: 100,
        t1Ms: 5_000,
        t2Ms: 0,
        t3Ms: 60_000,
        n2: 4,
      },
      lapbAsWritten: ['t1Ms', 't2Ms', 't3Ms', 'n2'],
      packet: {
        role: 'dce',
        channels: { incoming: [1, 1], twoWay: [2, 3], outgoing: [10, 4095] },
        assign: 'highest',
        defaultPacketSize: 64,
        defaultWindow: 1,
        maxPacketSize: 64,
        maxWindow: 3,
        reject: true,
        timers: { ...DEFAULT_PACKET_TIMERS, t10: 1_000, t24: 20_000, t27: 5_000, r13: 3, r25: 2 },
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

  test('on a modem', () => {
    const modem = 'name = "psdn0"\ntype = "modem"\npath = "/dev/ttyUSB0"\ndial = "0,0123456"';
    const [usual, written, server] = [
      modem,
      `${modem}
baud = 57600
flow = "rtscts"
profile = "rockwell"
dialling = "pulse"
init = ["ATM0"]
answer = 2
answer_role = "dte"
calls_on_answered = true
hang_up = "escape"
hang_up_after = "20s"
answered_hang_up_after = "5m"
[link.lapb]
t1 = "5s"
[link.modem]
settle = "1s"
ring_gap = "7s"
guard = "2s"`,
      'name = "psdn0"\ntype = "modem"\npath = "tcp://server:7001"\nanswer = 1',
    ].map((link) => configurationOf(tomlOf({ link })).links[0]);
    expect(usual).toMatchObject({
      type: 'modem',
      vouched: true,
      line: { type: 'device', path: '/dev/ttyUSB0' },
      role: 'dte',
      packet: { role: 'dte', assign: 'highest' },
      profile: 'hayes',
      modem: {
        init: ['ATZ', 'ATE0Q0V1X4S0=0', 'AT&C1&D2'],
        dialCommand: 'ATDT',
        hangUpBy: 'dtr',
        answerAfterRings: 0,
        times: DEFAULT_MODEM_TIMES,
      },
      dial: '0,0123456',
      answerRole: 'dce',
      callsOnAnswered: false,
      idleHangUpMs: 10_000,
      answeredIdleHangUpMs: 120_000,
      adaptsT1: true,
    });
    expect(written).toMatchObject({
      profile: 'rockwell',
      line: { hardwareFlowControl: true },
      modem: {
        init: ['AT&F', 'ATE0Q0V1X4W2S0=0&C1&D2', 'AT&K3', 'ATM0'],
        dialCommand: 'ATDP',
        hangUpBy: 'escape',
        answerAfterRings: 2,
        times: { ...DEFAULT_MODEM_TIMES, settleMs: 1_000, ringGapMs: 7_000, guardMs: 2_000 },
      },
      answerRole: 'dte',
      callsOnAnswered: true,
      idleHangUpMs: 20_000,
      answeredIdleHangUpMs: 300_000,
      lapb: { t1Ms: 5_000 },
      lapbAsWritten: ['t1Ms'],
      adaptsT1: false,
    });
    expect(server).toMatchObject({
      vouched: false,
      line: { type: 'tcp' },
      modem: { hangUpBy: 'escape' },
      // There are no connections but those that it has answered.
      role: 'dce',
      lapb: { role: 'dce' },
      packet: { role: 'dce', assign: 'lowest' },
    });
    expect(server).not.toHaveProperty('dial');
  });

  test('on a PAD', () => {
    const [usual, written, server] = [
      'name = "psdn0"\ntype = "pad"\npath = "/dev/ttyUSB0"',
      `name = "psdn0"
type = "pad"
path = "/dev/ttyUSB0"
baud = 2400
flow = "rtscts"
nua = "0123"
clearing = "dtr"
service_request = "\\r.\\r"
parameters = { 4 = 5, 118 = 0 }
user_data_mark = "*D"
address = { prefix = { international = "0" } }
[link.timers]
call = "3m"
hang_up = "5s"`,
      'name = "psdn0"\ntype = "pad"\npath = "tcp://server:7001"',
    ].map((link) => configurationOf(tomlOf({ link })).links[0]);
    expect(usual).toEqual({
      type: 'pad',
      name: 'psdn0',
      isPrivate: false,
      nua: '23421000001',
      prefixes: { international: '' },
      vouched: true,
      line: { type: 'device', path: '/dev/ttyUSB0', baud: 9600, hardwareFlowControl: false },
      clearing: 'break',
      parameters: new Map(),
      timers: DEFAULT_PAD_TIMERS,
    });
    expect(written).toEqual({
      type: 'pad',
      name: 'psdn0',
      isPrivate: false,
      nua: '0123',
      prefixes: { international: '0' },
      vouched: true,
      line: { type: 'device', path: '/dev/ttyUSB0', baud: 2400, hardwareFlowControl: true },
      clearing: 'dtr',
      serviceRequest: '\r.\r',
      parameters: new Map([
        [4, 5],
        [118, 0],
      ]),
      userDataMark: '*D',
      timers: { ...DEFAULT_PAD_TIMERS, callMs: 180_000, hangUpMs: 5_000 },
    });
    expect(server).toMatchObject({ line: { type: 'tcp', host: 'server' }, clearing: 'escape' });
  });

  test('calls through a PAD carry what a PAD writes', () => {
    const link = 'name = "psdn0"\ntype = "pad"\npath = "/dev/ttyUSB0"';
    const rule = '[[incoming]]\nlink = "psdn0"\naction = "engine"\n[[incoming]]\naction = "engine"';
    const { peers, incoming } = configurationOf(tomlOf({ link }, rule));
    expect(peers[0]?.userData).toEqual(Uint8Array.of(1, 0, 0, 0));
    expect(incoming.map(({ userData }) => userData)).toEqual([
      Uint8Array.of(1, 0, 0, 0),
      Uint8Array.of(0xc0, 0xf7, 0, 0),
    ]);
    const serial = '[[link]]\nname = "line"\ntype = "serial"\npath = "/dev/ttyS1"';
    const peer = 'name = "site-b"\nnua = "1"\nlink = ["psdn0", "line"]';
    expect(configurationOf(tomlOf({ link, peer }, serial)).peers[0]?.userData).toEqual(
      Uint8Array.of(0xc0, 0xf7, 0, 0),
    );
  });

  test('on XOT', () => {
    const [usual, written] = [
      'name = "psdn0"\ntype = "xot"\nrouters = [{ nua = "*", to = "10.1.1.1" }]',
      `name = "psdn0"
type = "xot"
nua = "0123"
listen = "[::]"
allow = ["10.0.0.0/8"]
routers = [{ nua = "1*", to = "[fd00::1]:1999" }, { nua = '/^(...)(...)/', to = "$2.$1.x25.example" }]
max_circuits = 4
verify_calling = false
connect = "5s"
keepalive = "0s"
idle = "10m"
[link.packet]
window = 3
size = 256
max_size = 512
max_window = 4
timers = { t21 = "30s", r22 = 3 }
[link.address]
calling = "none"
prefix = { international = "0" }`,
    ].map((link) => configurationOf(tomlOf({ link })).links[0]);
    expect(usual).toEqual({
      type: 'xot',
      name: 'psdn0',
      isPrivate: false,
      nua: '23421000001',
      calling: '23421000001',
      prefixes: { international: '' },
      vouched: true,
      allow: [],
      verifiesCallers: true,
      routers: [
        {
          nua: expect.objectContaining({ text: '*' }),
          host: expect.objectContaining({ text: '10.1.1.1' }),
          port: 1998,
        },
      ],
      maxCircuits: 64,
      connectMs: 10_000,
      keepAliveMs: 60_000,
      idleMs: 3_600_000,
      packet: {
        modulo: 8,
        defaultPacketSize: 128,
        defaultWindow: 2,
        maxPacketSize: 1024,
        maxWindow: 7,
        timers: DEFAULT_PACKET_TIMERS,
      },
    });
    expect(written).toMatchObject({
      nua: '0123',
      prefixes: { international: '0' },
      listen: { host: '::', port: 1998 },
      allow: [{ text: '10.0.0.0/8' }],
      routers: [
        { nua: { text: '1*' }, host: { text: 'fd00::1' }, port: 1999 },
        { host: { text: '$2.$1.x25.example' }, port: 1998 },
      ],
      maxCircuits: 4,
      vouched: false,
      verifiesCallers: false,
      connectMs: 5_000,
      keepAliveMs: 0,
      idleMs: 600_000,
      packet: {
        defaultPacketSize: 256,
        defaultWindow: 3,
        maxPacketSize: 512,
        maxWindow: 4,
        timers: { ...DEFAULT_PACKET_TIMERS, t21: 30_000, r22: 3 },
      },
    });
    expect(written).not.toHaveProperty('calling');
  });

  test('who may connect by XOT, where nothing is written: the routers, and anybody where they have names', () => {
    const FIXED =
      '{ nua = "1*", to = "10.1.1.1" }, { nua = "2*", to = "10.1.1.1:2000" }, { nua = "3*", to = "[fd00::1]" }';
    const allowed = (more: string, others = ''): string[] => {
      const routers = `routers = [${FIXED}${others}]`;
      const toml = tomlOf({ link: `name = "psdn0"\ntype = "xot"\n${routers}\n${more}` });
      const [link] = configurationOf(toml).links;
      return link?.type === 'xot' ? link.allow.map(({ text }) => text) : [];
    };
    const NAMES = [', { nua = "4*", to = "r.example" }', ', { nua = "5*", to = "10.1.1.$1" }'];
    expect(allowed('listen = "127.0.0.1"')).toEqual(['10.1.1.1', 'fd00::1']);
    for (const name of NAMES) {
      expect(allowed('listen = "127.0.0.1"', name)).toEqual(['0.0.0.0/0', '::/0']);
      expect(allowed('listen = "127.0.0.1"\nverify_calling = false', name)).toEqual(['10.1.1.1', 'fd00::1']);
    }
    expect(allowed('listen = "127.0.0.1"\nallow = ["10.2.0.0/16"]', NAMES[0])).toEqual(['10.2.0.0/16']);
    expect(allowed('listen = "127.0.0.1"\nallow = []')).toEqual([]);
    expect(allowed('')).toEqual([]);
  });

  test.each([
    ['1234', { host: 'a.example', port: 1998 }],
    ['700002', { host: '002.700.x25.example', port: 2000 }],
    ['9', undefined],
  ])('the router of %s', (nua, router) => {
    const link = `name = "psdn0"
type = "xot"
routers = [{ nua = "1*", to = "a.example" }, { nua = '/^(...)(...)/', to = "$2.$1.x25.example:2000" }]`;
    const [xot] = configurationOf(tomlOf({ link })).links;
    expect(xot?.type === 'xot' && routerFor(xot, nua)).toEqual(router);
  });

  test('where calls and connections are bridged', () => {
    const gateway = 'hostname = "a"\nnua = "1"\ncaller_network = "fd25::/64"';
    const rule = (keys: string): string => `[[incoming]]\naction = "bridge"\nsmtp = "[::1]:25"\n${keys}\n`;
    const {
      incoming,
      bridges,
      gateway: resolved,
    } = configurationOf(
      tomlOf(
        { gateway },
        `${rule('')}${rule('identify = "proxy"\nmax_circuits = 3')}${rule('link = "psdn0"\nidentify = "none"\nrelay = true')}
[[bridge]]
listen = "127.0.0.1:2601"
peer = "site-b"
[[bridge]]
listen = "[::]:0"
allow = ["10.0.0.0/8"]
peer = "site-b"`,
      ),
    );
    expect(resolved.callerNetwork).toBe('fd25::/64');
    const smtp = { host: '::1', port: 25 };
    expect(incoming.map(({ action }) => action)).toEqual([
      { type: 'bridge', smtp, identify: 'xclient', relay: false },
      { type: 'bridge', smtp, identify: 'proxy', relay: false, maxCircuits: 3 },
      { type: 'bridge', smtp, identify: 'none', relay: true },
    ]);
    expect(incoming[0]?.userData).toEqual(Uint8Array.of(0xc0, 0xf7, 0, 0));
    expect(bridges).toMatchObject([
      {
        listen: { host: '127.0.0.1', port: 2601 },
        allow: [{ text: '127.0.0.0/8' }, { text: '::1' }],
        peer: 'site-b',
      },
      { listen: { host: '::', port: 0 }, allow: [{ text: '10.0.0.0/8' }], peer: 'site-b' },
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
    ).toEqual([
      'bridge.toml',
      'internet-gateway.toml',
      'modem.toml',
      'numbers.toml',
      'pad.toml',
      'psdn-relay.toml',
      'simulated.toml',
      'xot.toml',
    ]);
  });

  test.each([
    ['internet-gateway.toml', []],
    ['modem.toml', []],
    ['numbers.toml', []],
    ['pad.toml', []],
    ['psdn-relay.toml', []],
    ['xot.toml', []],
    // What its comment says.
    ['simulated.toml', ['link "line-a" lapb.t1']],
  ])('%s can be used, with the warnings %j', (name, keys) => {
    const file = join(FOLDER, name);
    const result = loadConfiguration(file);
    expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([]);
    expect(result.ok && result.warnings.map(({ key }) => key)).toEqual(keys);
  });
});

test.each(['README.md', 'docs/policy.md', 'docs/calls.md', 'docs/mailboxes.md'])(
  'the configurations in %s can be used',
  (page) => {
    const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8');
    const examples = Array.from(text.matchAll(/^```toml\n(.*?)^```/gms), ([, toml = '']) => toml);
    expect(examples.length).toBeGreaterThan(0);
    const whole = examples.map((toml) =>
      toml.includes('[gateway]') ? toml : `[gateway]\nhostname = "gw"\n${toml}`,
    );
    // Lists of recipients are the reader's own.
    expect(whole.flatMap(problemsOf).filter((problem) => !problem.includes('ENOENT'))).toEqual([]);
  },
);

test('no text makes it throw, and what is refused is refused with a reason', () => {
  const word = fc.constantFrom(
    '[gateway]',
    '[[link]]',
    '[[peer]]',
    '[link.packet]',
    '[[route]]',
    '[[incoming]]',
    '[[bridge]]',
    '[link.modem]',
    '[queue]',
    'type = "modem"',
    'type = "pad"',
    'type = "xot"',
    'listen',
    'routers',
    'parameters',
    'profile',
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
