import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCheck } from '../../src/cli/check.js';
import { describeConfiguration } from '../../src/cli/describe-configuration.js';
import { toJson } from '../../src/cli/json.js';
import { type Configuration, formatProblem, parseConfiguration } from '../../src/config/index.js';
import { fromAscii, toHex } from '../../src/core/index.js';
import { ED25519, RSA } from '../support/dkim-mail.js';

const folder = mkdtempSync(join(tmpdir(), 'x25mail-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

function check(toml: string, json = false): { status: number; output: string } {
  const file = join(folder, 'gw.toml');
  writeFileSync(file, toml);
  let output = '';
  const status = runCheck(file, { json }, (text) => {
    output += text;
  });
  return { status, output: output.replaceAll(folder, '') };
}

const TOML = `[gateway]
hostname = "gw-a.example"
nua = "23421000001"
postmaster = "root@site-a.example"
greeting = "ESMTP NO UCE"
[listen]
smtp = ["127.0.0.1:2525", "[::1]:2525"]
[relay]
networks = ["127.0.0.0/8"]
domains = ["site-a.example"]
[[link]]
name = "psdn0"
type = "serial"
path = "/dev/ttyUSB0"
baud = 19200
flow = "rtscts"
[link.lapb]
t1 = "7s"
t2 = "200ms"
[link.packet]
channels = { incoming = "1-2", two_way = "3-16" }
[link.address]
prefix = { international = "0" }
[[link]]
name = "leased"
type = "serial"
path = "tcp://terminal-server:7001"
baud = 2400
flow = "xonxoff"
role = "dce"
[link.lapb]
t1 = "20s"
t2 = "500ms"
t3 = "1m"
n2 = 10
[link.packet]
negotiation = false
max_size = 128
[link.address]
calling = "none"
[[peer]]
name = "site-b"
nua = "26245300040"
calling = ["26245300040*", ""]
link = ["psdn0", "leased"]
[[peer]]
name = "site-c"
nua = "7001"
link = "psdn0"
call_user_data = ""
facilities = [{ packet_size = 512, window = { send = 4, receive = 2 }, closed_user_group = "12", nui = "secret" }, { window = 2 }, {}]
calls = { max_circuits = 2 }
[[incoming]]
name = "b"
link = "psdn0"
calling = "26245*"
called = "*01"
action = "engine"
relay = true
max_circuits = 4
[[incoming]]
calling = "*"
action = "reject"
diagnostic = 0xF8
[[route]]
domain = "*.site-b.example"
peer = ["site-b", "site-c"]
[[route]]
domain = "site-a.example"
smtp = "[::1]:25"
[[route]]
domain = "old.example"
error = "5.1.2 has moved"
[log]
calls = "calls.jsonl"
`;

test('says how a serial line differs from the usual', () => {
  const { output } = check(
    TOML.replace('role = "dce"', 'role = "dce"\nfcs = "none"')
      .replace('t1 = "20s"', 'modulo = 128\nstart = "passive"\nt1 = "20s"')
      .replace('name = "psdn0"\n', 'name = "psdn0"\ncarrier = "watch"\n'),
  );
  expect(output).toMatch(/^ {2}carrier +watched: without DCD the link is down$/m);
  expect(output).toMatch(/^ {2}frames +without FCS$/m);
  expect(output).toMatch(/LAPB modulo 128, window 7, .*N1 259 octets, set up by the other end$/m);
});

test('says what calls cost', () => {
  const tariff = `[link.tariff]
call = 0.05
minute = 0.1
increment = "10s"
segment = 0.002
currency = "EUR"
timezone = "Europe/Berlin"
windows = [{ at = "Mo-Fr 22:00-06:00", factor = 0.5 }]
[[peer]]`;
  const { output } = check(TOML.replace('[[peer]]', tariff));
  expect(output).toMatch(
    /^ {2}calls cost +0\.05 EUR each, 0\.10 EUR a minute, charged by 10s, 0\.002 EUR a segment$/m,
  );
  expect(output).toMatch(/^ {2}times 0\.5 +Mo-Fr 22:00-06:00 \(Europe\/Berlin\)$/m);
});

test('says what a file comes to', () => {
  const { status, output } = check(TOML);
  expect(status).toBe(0);
  expect(output).toBe(`Gateway gw-a.example
  X.25 number        23421000001
  SMTP on            127.0.0.1:2525, [::1]:2525
  greeting           220 gw-a.example ESMTP NO UCE
  may send anywhere  127.0.0.0/8
  all may send to    site-a.example
  postmaster         root@site-a.example
  queue in           /spool
  control socket     /spool/control
  log                info, calls in /calls.jsonl

Link psdn0
  line           /dev/ttyUSB0, 19200 bit/s, RTS/CTS
  role           DTE
  our number     23421000001
  international  0 before numbers we call, taken from numbers that call
  link layer     LAPB modulo 8, window 7, T1 7s (as written), T2 200ms (as written), T3 off, N2 20, N1 1028 octets
  packets        modulo 8, 128 octets, window 2; up to 1024 octets, window 7, when asked for
  channels       incoming 1-2, two-way 3-16; we call on 14, the highest free one first
  timers         T20 3m, T21 200s, T22 3m, T23 3m, T24 1m, T25 200s, T26 3m, R20 1, R22 1, R23 1

Link leased
  line        serial device server terminal-server:7001, 2400 bit/s, XON/XOFF (11 and 13 escaped)
  role        DCE
  our number  23421000001, not given when we call
  link layer  LAPB modulo 8, window 7, T1 20s (as written), T2 500ms (as written), T3 1m (as written), N2 10 (as written), N1 259 octets
  packets     modulo 8, 128 octets, window 2; never negotiated
  channels    two-way 1-16; we call on 16, the lowest free one first
  timers      T10 1m, T11 3m, T12 1m, T13 1m, T24 1m, T25 200s, T26 3m, R10 1, R12 1, R13 1

Peer site-b
  number           26245300040 on psdn0, then leased
  calls us from    26245300040*, callers without a number
  call user data   C0 F7 00 00
  asks for         no facilities
  waits            100s for the call, 2m for the 220, 10m for a reply, 20s after QUIT
  calls at a time  1

Peer site-c
  number           7001 on psdn0
  calls us from    7001
  call user data   none
  asks for         packets of 512, window 4 out and 2 in, closed user group 12, network user identification; then window 2; then no facilities
  waits            100s for the call, 2m for the 220, 10m for a reply, 20s after QUIT
  calls at a time  2

Mail is taken
  senders of our domains  only who may send anywhere
  users                   nobody can log in
  aliases                 none
  sessions by TCP         500 at an address, 50 of a stranger
  one session             any number of messages, ended after 20 errors, 10 unknown commands, 100 without a message, 3 failed logins
  one message             1000 recipients, a header of 1MiB, 100 systems passed, bare CR and LF refused by TCP, made CR LF on circuits
  one caller              any number of messages, any number of recipients
  SPF, DKIM, DMARC        not checked
  signed                  nothing

Mail goes (first that fits)
  *.site-b.example  to peer site-b, then site-c
  site-a.example    to SMTP host [::1]:25, TLS where offered
  old.example       refused: 5.1.2 has moved
  all other         refused: 550 5.1.2 no route

Calls come in (first that fits)
  b             on psdn0 from 26245* for *01 with C0 F7 00 00  mail is received, for anywhere, at most 4 calls at a time
  number 2      from *                                         refused: 00/F8
  peers site-b  with their number and call user data           mail is received
  all other     every call                                     refused: 00/F5, or 00/F9 for their call user data

What cannot be delivered
  is tried again   after 1m, 5m, 15m, 1h, 4h, then every 4h
  sender is told   after 4h
  is returned      after 5d
  largest message  32MiB

/gw.toml can be used. One warning:
gw.toml:65: route: no route for "*": mail for all other domains is refused with 550 5.1.2
`);
});

const OTHER_KINDS = String.raw`[gateway]
hostname = "gw-a.example"
nua = "23421000001"
caller_network = "fd25::/64"
[[link]]
name = "telephone"
type = "modem"
path = "/dev/ttyS0"
baud = 57600
flow = "rtscts"
profile = "rockwell"
init = ["ATM0"]
dial = "0,0123456"
answer = 2
hang_up_after = "30s"
[link.packet]
max_size = 128
[[link]]
name = "in"
type = "modem"
path = "tcp://server:7001"
answer = 1
calls_on_answered = true
[link.lapb]
t1 = "20s"
[[link]]
name = "pad0"
type = "pad"
path = "/dev/ttyS1"
service_request = "\r.\r"
user_data_mark = "*D"
parameters = { 4 = 5, 118 = 0 }
[link.timers]
call = "3m"
[[link]]
name = "wan"
type = "xot"
listen = "0.0.0.0"
allow = ["10.1.0.0/16", "fd00::/8"]
routers = [{ nua = "2624*", to = "10.1.1.1" }, { nua = '/^(...)/', to = "$1.x25.example:2000" }]
max_circuits = 16
[link.packet]
size = 256
timers = { t21 = "100s" }
[link.address]
calling = "none"
prefix = { international = "0" }
[[link]]
name = "out"
type = "xot"
routers = [{ nua = "*", to = "[fd00::1]" }]
[[peer]]
name = "site-b"
nua = "26245300040"
link = ["wan", "pad0", "telephone"]
[[peer]]
name = "site-c"
nua = "7"
link = ["in", "out"]
[[incoming]]
name = "mail"
link = "wan"
action = "bridge"
smtp = "127.0.0.1:25"
max_circuits = 4
[[incoming]]
name = "proxied"
link = "pad0"
action = "bridge"
smtp = "[::1]:10025"
identify = "proxy"
[[incoming]]
name = "friends"
link = "telephone"
calling = "1*"
action = "bridge"
smtp = "127.0.0.1:25"
relay = true
[[incoming]]
name = "same"
link = "telephone"
calling = "2*"
action = "bridge"
smtp = "127.0.0.1:26"
identify = "none"
relay = true
[[incoming]]
name = "others"
action = "reject"
[[bridge]]
listen = "127.0.0.1:2601"
peer = "site-b"
[[bridge]]
listen = "[::1]:2602"
allow = ["::1"]
peer = "site-c"
`;

/** For files that are read and checked, whether or not the gateway carries all of them out. */
function configurationOf(toml: string): Configuration {
  const result = parseConfiguration(toml, '/gw.toml');
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.configuration;
}

test('says what links of other kinds and bridges come to', () => {
  const sections = describeConfiguration(configurationOf(OTHER_KINDS)).split('\n\n');
  const shown = sections.filter((section) => !/^(Peer|Mail|What|Gateway) /.test(section));
  expect(shown.join('\n\n')).toBe(`Link telephone
  line           /dev/ttyS0, 57600 bit/s, RTS/CTS
  modem          rockwell: AT&F, ATE0Q0V1X4W2S0=0&C1&D2, AT&K3, ATM0
  dials          ATDT0,0123456, as DTE
  answers        after 2 rings, as DCE; we never call on it
  hangs up       by DTR, 30s after the last call, 2m after the last call where we have answered
  modem times    settle 500ms, gap 150ms, command 3s, dial 2m, answer 90s, ring gap 10s, guard 1.3s, dtr 1.5s, fresh 1m, retry 1m
  our number     23421000001
  their numbers  nobody vouches for them where we have answered: they give no right to relay there
  link layer     LAPB modulo 8, window 7, T1 3s (more where CONNECT tells a slower speed), T2 25ms, T3 off, N2 20, N1 259 octets
  packets        modulo 8, 128 octets, window 2; up to 128 octets, window 7, when asked for
  channels       two-way 1-16; we call on 16, the highest free one first
  timers         T20 3m, T21 200s, T22 3m, T23 3m, T24 1m, T25 200s, T26 3m, R20 1, R22 1, R23 1

Link in
  line           serial device server server:7001, 9600 bit/s
  modem          hayes: ATZ, ATE0Q0V1X4S0=0, AT&C1&D2
  dials          never
  answers        after 1 ring, as DCE; we call on it too
  hangs up       by +++ and ATH, 2m after the last call where we have answered
  modem times    settle 500ms, gap 150ms, command 3s, dial 2m, answer 90s, ring gap 10s, guard 1.3s, dtr 1.5s, fresh 1m, retry 1m
  our number     23421000001
  their numbers  nobody vouches for them: they give no right to relay
  link layer     LAPB modulo 8, window 7, T1 20s (as written), T2 500ms, T3 off, N2 20, N1 1028 octets
  packets        modulo 8, 128 octets, window 2; up to 1024 octets, window 7, when asked for
  channels       two-way 1-16; we call on 16, the lowest free one first
  timers         T10 1m, T11 3m, T12 1m, T13 1m, T24 1m, T25 200s, T26 3m, R10 1, R12 1, R13 1

Link pad0
  line               /dev/ttyS1, 9600 bit/s
  calls are cleared  by a break and CLR
  is woken by        "\\r.\\r"
  before user data   *D
  parameters         4:5, 118:0
  times              wake 1s, answer 10s, call 3m, turnaround 200ms, recall 1s, hang up 3s, gap 100ms, clear pause 2s, rest 1m
  our number         23421000001

Link wan
  listens on        0.0.0.0:1998
  connections from  10.1.0.0/16, fd00::/8
  2624* is at       10.1.1.1:1998
  /^(...)/ is at    $1.x25.example:2000
  circuits          at most 16
  connections       10s to answer, probed after 1m of silence, calls cleared after 1h of silence
  our number        23421000001, not given when we call
  international     0 before numbers we call, taken from numbers that call
  their numbers     verified: each must lead, by the routers, to where its call comes from
  packets           modulo 8, 256 octets, window 2; up to 1024 octets, window 7, when asked for
  timers            T21 100s, T22 3m, T24 1m, T25 200s, T26 3m, R22 1

Link out
  listens on   no port: nobody calls us here
  * is at      [fd00::1]:1998
  circuits     at most 64
  connections  10s to answer, probed after 1m of silence, calls cleared after 1h of silence
  our number   23421000001
  packets      modulo 8, 128 octets, window 2; up to 1024 octets, window 7, when asked for
  timers       T21 200s, T22 3m, T24 1m, T25 200s, T26 3m, R22 1

Calls come in (first that fits)
  mail     on wan with C0 F7 00 00                joined to mail server 127.0.0.1:25, told who calls by XCLIENT, at most 4 calls at a time
  proxied  on pad0 with 01 00 00 00               joined to mail server [::1]:10025, told who calls by the PROXY protocol
  friends  on telephone from 1* with C0 F7 00 00  joined to mail server 127.0.0.1:25, told who calls by XCLIENT, with LOGIN
  same     on telephone from 2* with C0 F7 00 00  joined to mail server 127.0.0.1:26, not told who calls
  others   every call                             refused: 00/F5

Connections become calls
  on 127.0.0.1:2601  from 127.0.0.0/8, ::1  to peer site-b
  on [::1]:2602      from ::1               to peer site-c`);
  expect(sections[0]).toContain('\n  callers appear in  fd25::/64, 23421000001 as fd25::2342:1000:1f:fffb\n');
});

test('says what comes of an open role, of wide numbering, retransmission and a subaddress', () => {
  const { output } = check(`[gateway]
hostname = "a"
nua = "23421000001"
[[link]]
name = "l"
type = "serial"
path = "/dev/ttyS0"
[link.packet]
role = "auto"
modulo = 128
reject = true
[link.address]
calling = "subaddress"
subaddress = "07"
`);
  for (const line of [
    /role +DTE; packet layer: as each restart has it\n/,
    /our number +23421000001, given as subaddress 07 when we call\n/,
    /packets +modulo 128, 128 octets, window 2, lost ones asked for by REJ; up to 1024 octets, window 127, when asked for\n/,
    /channels +two-way 1-16; we call on 16, a DTE the highest, a DCE the lowest free one first\n/,
    /timers +T20 3m, T21 200s, T22 3m, T23 3m, T24 1m, T25 200s, T26 3m, T27 1m, R20 1, R22 1, R23 1, R25 0, R27 0\n/,
  ])
    expect(output).toMatch(line);
});

test('says how a peer is spoken to, and what is fetched', () => {
  const { output } = check(
    TOML.replace(
      'calls = { max_circuits = 2 }',
      `tls = "verify"
tls_name = "gw-c.example"
auth = { user = "gw-a", password_file = "p" }
users = "site-c"
fetch = "atrn"
fetch_domains = ["site-a.example"]
fetch_every = "1h"`,
    ).concat('[[route]]\ndomain = "dialup.example"\nfetched_by = "anna"\n'),
  );
  expect(output).toContain(`
  is spoken to     only with TLS and a certificate that proves its name, logged in as gw-a
  may log in as    site-c
  brings us        mail for site-a.example, over our calls, asked at least every 1h
`);
  expect(output).toMatch(/dialup\.example +waits until user anna fetches it/);
});

describe('incoming calls', () => {
  const rule = (keys: string): string => `[[incoming]]\nname = "x"\n${keys}\n`;
  const incomingOf = (toml: string): string[] => {
    const { output } = check(toml);
    const section = output.split('\n\n').find((part) => part.startsWith('Calls come in'));
    return (section ?? '')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replace(/ {2,}/g, ' | '));
  };
  const BASE = '[gateway]\nhostname = "a"\nnua = "1"\n[[link]]\nname = "l"\ntype = "serial"\npath = "p"\n';
  const PEER = '[[peer]]\nname = "p"\nnua = "2"\nlink = "l"\n';
  const ALL_OTHER = 'all other | every call | refused: 00/F5, or 00/F9 for their call user data';
  test.each([
    [BASE, [ALL_OTHER]],
    [BASE + PEER, ['peers p | with their number and call user data | mail is received', ALL_OTHER]],
    [BASE + PEER + rule('action = "reject"'), ['x | every call | refused: 00/F5']],
    [BASE + PEER + rule('action = "reject"\ncalling = "*"'), ['x | from * | refused: 00/F5', ALL_OTHER]],
    [
      BASE + PEER + rule('action = "engine"\ncalling = ""\ncall_user_data = ""'),
      [
        'x | from callers without a number | mail is received, for the domains all may send to',
        'peers p | with their number and call user data | mail is received',
        ALL_OTHER,
      ],
    ],
  ])('%#', (toml, rows) => {
    expect(incomingOf(toml)).toEqual(rows);
  });
});

test('says in one line each what is wrong, and fails with 2', () => {
  expect(check('[gateway]\nhostname = 3\nnua = 4')).toEqual({
    status: 2,
    output: [
      'gw.toml:2: gateway.hostname: found 3; allowed: the name of this host, such as "gw-a.example"; write it in quotes\n',
      'gw.toml:3: gateway.nua: found 4; allowed: 1 to 15 digits; write it in quotes\n',
    ].join(''),
  });
});

describe('--json', () => {
  test('is the configuration, octets in hexadecimal and patterns as written', () => {
    const { status, output } = check(TOML, true);
    expect(status).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      ok: true,
      configuration: {
        gateway: { hostname: 'gw-a.example' },
        links: [{ name: 'psdn0', lapb: { t1Ms: 7_000 } }, { name: 'leased' }],
        peers: [{ userData: 'C0F70000', calling: ['26245300040*', ''] }, { userData: '' }],
        relay: { networks: ['127.0.0.0/8'], domains: ['site-a.example'] },
        routes: [
          { domain: '*.site-b.example' },
          { target: { host: '::1' } },
          { target: { text: 'has moved' } },
        ],
      },
      warnings: [{ key: 'route', line: 65 }],
    });
  });

  test('is the configuration of links of other kinds as well', () => {
    const { links, incoming, bridges, gateway } = JSON.parse(toJson(configurationOf(OTHER_KINDS)));
    expect(gateway).toMatchObject({ callerNetwork: 'fd25::/64' });
    expect(links).toMatchObject([
      { type: 'modem', profile: 'rockwell', dial: '0,0123456', modem: { answerAfterRings: 2 } },
      { type: 'modem', answerRole: 'dce' },
      { type: 'pad', clearing: 'break', parameters: { 4: 5, 118: 0 }, timers: { callMs: 180_000 } },
      {
        type: 'xot',
        listen: { host: '0.0.0.0', port: 1998 },
        allow: ['10.1.0.0/16', 'fd00::/8'],
        routers: [
          { nua: '2624*', host: '10.1.1.1', port: 1998 },
          { nua: '/^(...)/', host: '$1.x25.example', port: 2000 },
        ],
      },
      { type: 'xot' },
    ]);
    expect(incoming[0]).toMatchObject({ action: { type: 'bridge', smtp: { host: '127.0.0.1', port: 25 } } });
    expect(bridges[0]).toMatchObject({ allow: ['127.0.0.0/8', '::1'], peer: 'site-b' });
  });

  test('keeps a network user identification to itself', () => {
    const { output } = check(TOML, true);
    expect(JSON.parse(output).configuration.peers[1].facilities[0]).toMatchObject({
      closedUserGroup: '12',
      userIdentification: 'not shown',
    });
    expect(output).not.toContain(toHex(fromAscii('secret')));
  });

  test('is the list of problems', () => {
    const { status, output } = check('[gateway]\nnua = "x"', true);
    expect(status).toBe(2);
    expect(JSON.parse(output)).toEqual({
      ok: false,
      problems: [
        {
          file: '/gw.toml',
          line: 1,
          key: 'gateway.hostname',
          message: 'missing; needed: the name of this host, such as "gw-a.example"',
        },
        { file: '/gw.toml', line: 2, key: 'gateway.nua', message: 'found "x"; allowed: 1 to 15 digits' },
      ],
    });
  });
});

test('a file that is not there', () => {
  let output = '';
  const status = runCheck(join(folder, 'none.toml'), { json: false }, (text) => {
    output += text;
  });
  expect({ status, output }).toEqual({ status: 2, output: 'none.toml: no such file\n' });
});

describe('checks and keys', () => {
  const more = `[checks]
mode = "enforce"
time = "10s"
[[dkim]]
domain = "Site-A.example"
selector = "x25"
key = "dkim.pem"
`;
  const keyFile = join(folder, 'dkim.pem');
  const writeKey = (text: string, mode = 0o600) => {
    rmSync(keyFile, { force: true });
    writeFileSync(keyFile, text, { mode });
  };

  test('are told with what DNS has to publish', () => {
    writeKey(RSA.privateKey);
    const { status, output } = check(TOML + more);
    expect(status).toBe(0);
    expect(output).toContain(
      '  SPF, DKIM, DMARC        of strangers by TCP: noted, and the DMARC policy of the author is followed; DNS may take 10s\n' +
        '  signed                  mail from site-a.example, key x25._domainkey.site-a.example in /dkim.pem\n',
    );
    expect(output).toContain(
      `\nTo be published in DNS (TXT)\n  x25._domainkey.site-a.example  RSA of 2048 bits  ${RSA.record}\n`,
    );
    writeKey(ED25519.privateKey);
    const noted = check(TOML + more.replace('enforce', 'note')).output;
    expect(noted).toContain('of strangers by TCP: noted; DNS may take 10s\n');
    expect(noted).toContain(`  Ed25519  ${ED25519.record}\n`);
  });

  test('a key that is open to others is warned of', () => {
    writeKey(RSA.privateKey, 0o644);
    const { status, output } = check(TOML + more);
    expect(status).toBe(0);
    expect(output).toContain(
      'gw.toml: dkim[0].key: /dkim.pem is open to other users (mode 644): whoever reads it can sign as site-a.example; 600 is enough\n',
    );
  });

  test.each([false, true])('a key that can not be used is an error (as JSON: %s)', (json) => {
    writeKey('nothing');
    const { status, output } = check(TOML + more, json);
    expect(status).toBe(2);
    expect(output).toContain("/dkim.pem can't be used as a key of DKIM: found no private key");
    rmSync(keyFile);
    expect(check(TOML + more).output).toMatch(/^gw\.toml: dkim\[0\]\.key: .*ENOENT[^\n]*\n$/);
  });
});
