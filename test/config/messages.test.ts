import { describe, expect, test } from 'vitest';
import { formatDuration } from '../../src/config/index.js';
import { LAPB_PARAMETERS } from '../../src/lapb/index.js';
import { problemsOf, tomlOf } from './parts.js';

const LINK = 'name = "psdn0"\ntype = "serial"';
const PATH = 'path = "/dev/ttyUSB0"';
const PEER = 'name = "site-b"\nlink = "psdn0"';
const DURATION = 'allowed: a time with its unit (ms, s, m, h, d) from';

test('a file with nothing wrong has no problems', () => {
  expect(problemsOf(tomlOf())).toEqual([]);
});

describe('[gateway]', () => {
  const NUA = 'nua = "1"';
  test.each([
    [NUA, 'gateway.hostname: missing; needed: the name of this host, such as "gw-a.example"'],
    [
      `hostname = "gw a"\n${NUA}`,
      'gateway.hostname: found "gw a"; allowed: the name of this host, such as "gw-a.example"',
    ],
    [
      'hostname = "a"\nnua = 23421000001',
      'gateway.nua: found 23421000001; allowed: 1 to 15 digits; write it in quotes',
    ],
    [
      'hostname = "a"\nnua = 12345678901234567890',
      'gateway.nua: found 12345678901234567890; allowed: 1 to 15 digits; write it in quotes',
    ],
    [
      'hostname = "a"\nnua = 1990-01-01',
      'gateway.nua: found the date 1990-01-01; allowed: 1 to 15 digits; write it in quotes',
    ],
    [
      'hostname = "a"\nnua = "0123456789012345"',
      'gateway.nua: found "0123456789012345"; allowed: 1 to 15 digits',
    ],
    [`hostname = "a"\n${NUA}\nspool = ""`, 'gateway.spool: found ""; allowed: a directory'],
    [
      `hostname = "a"\n${NUA}\nspool = "postgres://db"`,
      'gateway.spool: found "postgres://db"; allowed: a directory',
    ],
    [
      `hostname = "a"\n${NUA}\npostmaster = "root"`,
      'gateway.postmaster: found "root"; allowed: a mail address, such as "root@site-a.example"',
    ],
    [
      `hostname = "a"\n${NUA}\ngreeting = "Grüezi"`,
      'gateway.greeting: found "Grüezi"; allowed: up to 200 printable ASCII characters',
    ],
    [`hostname = "a"\n${NUA}\ngreting = "x"`, 'gateway.greting: unknown key; did you mean "greeting"?'],
    ...['fd25::/48', 'fd25::1/64', '10.0.0.0/8', 'fd25::'].map((network): [string, string] => [
      `hostname = "a"\n${NUA}\ncaller_network = "${network}"`,
      `gateway.caller_network: found "${network}"; allowed: an IPv6 network of 64 bits, such as "fd25::/64"`,
    ]),
  ])('%j: %s', (gateway, message) => {
    expect(problemsOf(tomlOf({ gateway }))).toEqual([message]);
  });
});

describe('[listen], [relay], [queue], [log]', () => {
  const ADDRESS = 'allowed: an address and a port, such as "127.0.0.1:2525" or "[::1]:2525"';
  test.each([
    [
      '[listen]\nsmtp = "127.0.0.1:25"',
      'listen.smtp: found "127.0.0.1:25"; allowed: a list of addresses with ports',
    ],
    ['[listen]\nsmtp = ["127.0.0.1"]', `listen.smtp[0]: found "127.0.0.1"; ${ADDRESS}`],
    ['[listen]\nsmtp = ["127.0.0.1:65536"]', `listen.smtp[0]: found "127.0.0.1:65536"; ${ADDRESS}`],
    ['[listen]\nsmtp = ["::1:25"]', `listen.smtp[0]: found "::1:25"; ${ADDRESS}`],
    ['[listen]\nsmtp = ["[::1]:25", 25]', `listen.smtp[1]: found 25; ${ADDRESS}; write it in quotes`],
    ['[listen]\ntls = 1', 'listen.tls: found 1; allowed: a table'],
    [
      '[listen]\nsmtp = [{ address = "127.0.0.1:465", tls = "implicit" }]',
      'listen.smtp[0].tls: "implicit" needs a certificate: cert and key in [listen.tls]',
    ],
    [
      '[listen]\nsmtp = [{ tls = "none" }]',
      'listen.smtp[0].address: missing; needed: an address and a port, such as "127.0.0.1:2525" or "[::1]:2525"',
    ],
    [
      '[listen]\nsmtp = [{ address = "127.0.0.1:25", proxi = [] }]',
      'listen.smtp[0].proxi: unknown key; did you mean "proxy"?',
    ],
    [
      '[listen]\nsmtp = ["127.0.0.1:25"]\nsubmission = [{ address = "127.0.0.1:25" }]\n[auth]\nusers = "u"',
      'listen.submission[0].address: found "127.0.0.1:25"; allowed: another address than that of listen.smtp[0]',
    ],
    ['[listen.tls]\ncert = "cert.pem"', 'listen.tls.key: missing; needed: a file with the private key (PEM)'],
    [
      '[relay]\nnetworks = ["10.1/16"]',
      'relay.networks[0]: found "10.1/16"; allowed: a network such as "10.0.0.0/8" or "fd25::/64", or one address',
    ],
    [
      '[relay]\ndomains = ["a b"]',
      'relay.domains[0]: found "a b"; allowed: a pattern of domains: exact, with *, or a regular expression between slashes',
    ],
    ['[relay]\ndomains = "a"', 'relay.domains: found "a"; allowed: a list of domains'],
    ['[queue]\nretry = []', 'queue.retry: found an empty list; allowed: a list of times, at least one'],
    [
      '[queue]\nretry = ["1m", 300]',
      `queue.retry[1]: found 300; ${DURATION} "1s" to "7d"; write it in quotes`,
    ],
    ['[queue]\nretry = ["100ms"]', `queue.retry[0]: found "100ms"; ${DURATION} "1s" to "7d"`],
    ['[queue]\nmax_age = "5"', `queue.max_age: found "5"; ${DURATION} "1m" to "30d"`],
    [
      '[queue]\nmax_message_size = "32MB"',
      'queue.max_message_size: found "32MB"; allowed: a size with its unit (B, KiB, MiB, GiB) from "64KiB" to "1GiB"',
    ],
    [
      '[queue]\ndelay_warning = "30s"',
      `queue.delay_warning: found "30s"; ${DURATION} "1m" to "30d", or "0s" for never`,
    ],
    [
      '[log]\nlevel = "verbose"',
      'log.level: found "verbose"; allowed: "trace" or "debug" or "info" or "warn" or "error" or "silent"',
    ],
    ['[log]\ncalls = true', 'log.calls: found true; allowed: a file'],
    ['[log]\ncall = "x"', 'log.call: unknown key; did you mean "calls"?'],
    ['[log]\ncolour = "x"', 'log.colour: unknown key; allowed: level, calls'],
    [
      'log = 3',
      'route "*" log: unknown key; allowed: domain, peer, smtp, nua, link, mx, maildir, lmtp, fetched_by, recipients, tls, mta_sts, tls_ca, auth, error',
    ],
    ['[auth]\nusers = ""', 'auth.users: found ""; allowed: a file that x25mail passwd has made'],
    ['[checks]\nmode = "on"', 'checks.mode: found "on"; allowed: "off" or "note" or "enforce"'],
    ['[checks]\ntime = "1h"', `checks.time: found "1h"; ${DURATION} "1s" to "5m"`],
    ['[dkim]\nx = 1', 'dkim: found a table; allowed: tables with two brackets, [[dkim]]'],
    [
      '[[dkim]]\ndomain = "site a"\nselector = "x25"\nkey = "dkim.pem"',
      'dkim[0].domain: found "site a"; allowed: a domain, such as "site-a.example"',
    ],
    [
      '[[dkim]]\ndomain = "site-a.example"\nselector = "x25"',
      'dkim[0].key: missing; needed: a file with a private key in PEM',
    ],
    [
      '[[dkim]]\ndomain = "a.example"\nselector = "x"\nkey = "1"\n[[dkim]]\ndomain = "A.example"\nselector = "X"\nkey = "2"',
      'dkim[1].selector: x._domainkey.a.example stands above already; allowed: one key for each name',
    ],
    [
      '[limits]\nmessages = "10 a day"',
      'limits.messages: found "10 a day"; allowed: a number and a time, such as "600/1h"',
    ],
    [
      '[[access]]\naction = "defer"\ntext = "5.7.1 no"',
      'access[0].text: found "5.7.1 no"; allowed with action = "defer": a status that begins with 4',
    ],
    [
      '[[access]]\naction = "allow"\ntext = "x"',
      'access[0].text: allowed only with action = "refuse", "defer" or "hold"',
    ],
    [
      '[console]\nhttp = "8025"',
      'console.http: found "8025"; allowed: an address and a port, such as "127.0.0.1:2525" or "[::1]:2525"',
    ],
    ['[console]\nsocket = 3', 'console.socket: found 3; allowed: a path; write it in quotes'],
    [
      `[console]\nsocket = "/${'s'.repeat(120)}"`,
      `console.socket: the control socket's path would be 121 octets long (/${'s'.repeat(120)}); allowed: 107, give a shorter one in [console] socket`,
    ],
    ['[bridge]\nx = 1', 'bridge: found a table; allowed: tables with two brackets, [[bridge]]'],
    ['[rout]\nx = 1', 'rout: unknown key; did you mean "route"?'],
  ])('%j: %s', (extra, message) => {
    expect(problemsOf(tomlOf({}, extra))).toEqual([message]);
  });

  test('a part that is no table', () => {
    expect(problemsOf(`queue = 3\nlink = 4\n[gateway]\nhostname = "a"`)).toEqual([
      'queue: found 3; allowed: a table',
      'link: found 4; allowed: tables with two brackets, [[link]]',
    ]);
  });

  test('a list of tables written as one table', () => {
    expect(problemsOf('[gateway]\nhostname = "a"\n[peer]\nname = "b"')).toEqual([
      'peer: found a table; allowed: tables with two brackets, [[peer]]',
    ]);
  });
});

describe('[[link]]', () => {
  const T1_MAX = formatDuration(LAPB_PARAMETERS.t1Ms.max);
  const T2_MAX = formatDuration(LAPB_PARAMETERS.t2Ms.max);
  const CHANNELS = 'allowed: channels from 1 to 4095, lowest first, such as "1-16"';
  const TYPES = '"serial" or "modem" or "pad" or "xot"';
  const SIZES = 'allowed: one of 16, 32, 64, 128, 256, 512, 1024, 2048, 4096';
  test.each([
    [
      `${LINK}`,
      'path: missing; needed: a device such as "/dev/ttyUSB0", or "tcp://host:port" of a serial device server',
    ],
    [
      `${LINK}\npath = "http://x"`,
      'path: found "http://x"; allowed: a device such as "/dev/ttyUSB0", or "tcp://host:port" of a serial device server',
    ],
    [
      `${LINK}\npath = "tcp://host"`,
      'path: found "tcp://host"; allowed: a host and a port, such as "tcp://terminal-server:7001"',
    ],
    [
      `${LINK}\npath = "tcp://host:0"`,
      'path: found "tcp://host:0"; allowed: a host and a port, such as "tcp://terminal-server:7001"',
    ],
    [`name = "psdn0"\n${PATH}`, `type: missing; needed: ${TYPES}`],
    [`name = "psdn0"\ntype = "sreial"\n${PATH}\nbaud = 1`, `type: found "sreial"; allowed: ${TYPES}`],
    [`${LINK}\n${PATH}\nbaud = 49`, 'baud: found 49; allowed: a whole number from 50 to 4000000'],
    [`${LINK}\n${PATH}\nbaud = "9600"`, 'baud: found "9600"; allowed: a whole number from 50 to 4000000'],
    [`${LINK}\n${PATH}\nbaud = 9600.5`, 'baud: found 9600.5; allowed: a whole number from 50 to 4000000'],
    [`${LINK}\n${PATH}\nflow = "RTS/CTS"`, 'flow: found "RTS/CTS"; allowed: "none" or "rtscts" or "xonxoff"'],
    [
      `${LINK}\npath = "tcp://host:7001"\nflow = "rtscts"`,
      'flow: found "rtscts"; allowed with tcp://: "none" or "xonxoff"; RTS/CTS is set on the device server',
    ],
    [`${LINK}\n${PATH}\nrole = "DTE"`, 'role: found "DTE"; allowed: "dte" or "dce"'],
    [`${LINK}\n${PATH}\nnua = 0`, 'nua: found 0; allowed: 1 to 15 digits; write it in quotes'],
    [
      `${LINK}\n${PATH}\nspeed = 0`,
      'speed: unknown key; allowed: name, type, nua, private, tariff, path, baud, max_circuits, flow, role, lapb, packet, address, fcs, carrier',
    ],
    [`${LINK}\n${PATH}\nlapb = 7`, 'lapb: found 7; allowed: a table'],
    [`${LINK}\n${PATH}\nfcs = 32`, 'fcs: found 32; allowed: "16" or "none"'],
    [`${LINK}\n${PATH}\ncarrier = true`, 'carrier: found true; allowed: "watch" or "ignore"'],
    [
      `${LINK}\npath = "tcp://host:7001"\ncarrier = "watch"`,
      'carrier: found "watch"; allowed with tcp://: "ignore"; a serial device server shows no carrier',
    ],
    [`${LINK}\n${PATH}\n[link.lapb]\nmodulo = 16`, 'lapb.modulo: found 16; allowed: 8 or 128'],
    [`${LINK}\n${PATH}\n[link.lapb]\nwindow = 8`, 'lapb.window: found 8; allowed: 1 to 7 with modulo = 8'],
    [
      `${LINK}\n${PATH}\n[link.lapb]\nmodulo = 128\nwindow = 128`,
      'lapb.window: found 128; allowed: a whole number from 1 to 127',
    ],
    [
      `${LINK}\n${PATH}\n[link.lapb]\nstart = "dce"`,
      'lapb.start: found "dce"; allowed: "active" or "passive"',
    ],
    [
      `${LINK}\n${PATH}\n[link.lapb]\nt1 = 3`,
      `lapb.t1: found 3; ${DURATION} "1ms" to "${T1_MAX}"; write it in quotes`,
    ],
    [`${LINK}\n${PATH}\n[link.lapb]\nt1 = "0s"`, `lapb.t1: found "0s"; ${DURATION} "1ms" to "${T1_MAX}"`],
    [
      `${LINK}\n${PATH}\n[link.lapb]\nt2 = "2m"`,
      `lapb.t2: found "2m"; ${DURATION} "1ms" to "${T2_MAX}", or "0s" for never`,
    ],
    [
      `${LINK}\n${PATH}\n[link.lapb]\nt1 = "20s"\nt2 = "20s"`,
      'lapb.t2: found "20s"; allowed: less than t1, "20s"',
    ],
    [
      `${LINK}\n${PATH}\n[link.lapb]\nt1 = "20s"\nt3 = "20s"`,
      'lapb.t3: found "20s"; allowed: more than t1, "20s", or "0s" for never',
    ],
    [`${LINK}\n${PATH}\n[link.lapb]\nn2 = 0`, 'lapb.n2: found 0; allowed: a whole number from 1 to 255'],
    [`${LINK}\n${PATH}\n[link.lapb]\nwindw = 7`, 'lapb.windw: unknown key; did you mean "window"?'],
    [`${LINK}\n${PATH}\n[link.packet]\nmodulo = 16`, 'packet.modulo: found 16; allowed: 8 or 128'],
    [
      `${LINK}\n${PATH}\n[link.packet]\nwindow = 9`,
      'packet.window: found 9; allowed in modulo 8: a whole number from 1 to 7',
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nmodulo = 128\nwindow = 128`,
      'packet.window: found 128; allowed: a whole number from 1 to 127',
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nmax_window = 127`,
      'packet.max_window: found 127; allowed in modulo 8: a whole number from 1 to 7',
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nrole = "DXE"`,
      'packet.role: found "DXE"; allowed: "dte" or "dce" or "auto"',
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nrole = "auto"\nchannels = { incoming = "1", two_way = "2-9" }`,
      'packet.channels.incoming: allowed with role "auto": two_way only; which end is the DTE comes out when the link is up',
    ],
    [`${LINK}\n${PATH}\n[link.packet]\nreject = "yes"`, 'packet.reject: found "yes"; allowed: true or false'],
    [
      `${LINK}\n${PATH}\n[link.packet]\nwindow = 3\nmax_window = 2`,
      'packet.max_window: found 2; allowed: no less than window, which is 3',
    ],
    [`${LINK}\n${PATH}\n[link.packet]\nsize = 100`, `packet.size: found 100; ${SIZES}`],
    [`${LINK}\n${PATH}\n[link.packet]\nmax_size = 8192`, `packet.max_size: found 8192; ${SIZES}`],
    [
      `${LINK}\n${PATH}\n[link.packet]\nsize = 256\nmax_size = 128`,
      'packet.max_size: found 128; allowed: no less than size, which is 256',
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nassign = "middle"`,
      'packet.assign: found "middle"; allowed: "auto" or "highest" or "lowest"',
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nnegotiation = "no"`,
      'packet.negotiation: found "no"; allowed: true or false',
    ],
    [`${LINK}\n${PATH}\n[link.packet]\nchannels = "1-16"`, 'packet.channels: found "1-16"; allowed: a table'],
    [
      `${LINK}\n${PATH}\n[link.packet]\nchannels = {}`,
      'packet.channels: no channels; needed: incoming, two_way or outgoing',
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nchannels = { twoway = "1-16" }`,
      'packet.channels.twoway: unknown key; did you mean "two_way"?',
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nchannels = { two_way = 16 }`,
      `packet.channels.two_way: found 16; ${CHANNELS}; write it in quotes`,
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nchannels = { two_way = "0-16" }`,
      `packet.channels.two_way: found "0-16"; ${CHANNELS}`,
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nchannels = { two_way = "16-1" }`,
      `packet.channels.two_way: found "16-1"; ${CHANNELS}`,
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nchannels = { two_way = "1-4096" }`,
      `packet.channels.two_way: found "1-4096"; ${CHANNELS}`,
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nchannels = { incoming = "1-4", two_way = "4-8" }`,
      'packet.channels.two_way: found "4-8"; allowed: above incoming, which ends at 4',
    ],
    [
      `${LINK}\n${PATH}\n[link.packet]\nchannels = { incoming = "5", outgoing = "1-4" }`,
      'packet.channels.outgoing: found "1-4"; allowed: above incoming, which ends at 5',
    ],
    [
      `${LINK}\n${PATH}\n[link.packet.timers]\nt21 = "2h"`,
      `packet.timers.t21: found "2h"; ${DURATION} "1ms" to "1h", or "0s" for never`,
    ],
    [
      `${LINK}\n${PATH}\n[link.packet.timers]\nr20 = -1`,
      'packet.timers.r20: found -1; allowed: a whole number from 0 to 255',
    ],
    [
      `${LINK}\n${PATH}\n[link.packet.timers]\nt28 = "1s"`,
      'packet.timers.t28: unknown key; did you mean "t20"?',
    ],
    [
      `${LINK}\n${PATH}\n[link.address]\ncalling = "mine"`,
      'address.calling: found "mine"; allowed: "own" or "none" or "subaddress"',
    ],
    [
      `${LINK}\n${PATH}\n[link.address]\ncalling = "subaddress"`,
      'address: calling = "subaddress" needs the digits that the network puts behind our number: subaddress',
    ],
    [
      `${LINK}\n${PATH}\n[link.address]\nsubaddress = "01"`,
      'address.subaddress: allowed only with calling = "subaddress"',
    ],
    [
      `${LINK}\n${PATH}\nnua = "12345678901234"\n[link.address]\ncalling = "subaddress"\nsubaddress = "01"`,
      'address.subaddress: makes 16 digits with our number; allowed: 15',
    ],
    [
      `${LINK}\n${PATH}\n[link.address]\ncalling = "subaddress"\nsubaddress = "12345"`,
      'address.subaddress: found "12345"; allowed: 1 to 4 digits',
    ],
    [
      `${LINK}\n${PATH}\n[link.address]\nprefix = { international = "+" }`,
      'address.prefix.international: found "+"; allowed: up to 4 digits',
    ],
  ])('%j: %s', (link, message) => {
    expect(problemsOf(tomlOf({ link }))).toEqual([`link "psdn0" ${message}`]);
  });

  test('without a name, the place in the file', () => {
    expect(problemsOf(tomlOf({}, `[[link]]\ntype = "serial"\npath = "/dev/ttyS1"`))).toEqual([
      'link[1].name: missing; needed: up to 32 letters, digits, spaces, ".", "_" and "-"',
    ]);
    expect(problemsOf(tomlOf({}, `[[link]]\nname = "a,b"\ntype = "serial"\npath = "/dev/ttyS1"`))).toEqual([
      'link "a,b" name: found "a,b"; allowed: up to 32 letters, digits, spaces, ".", "_" and "-"',
    ]);
  });

  test('without a number to give', () => {
    expect(problemsOf(tomlOf({ gateway: 'hostname = "a"' }))).toEqual([
      'link "psdn0" address.calling: no number to give: set nua here or in [gateway], or address.calling = "none"',
    ]);
  });
});

const WINDOWS =
  'allowed: times of the day or the week such as "22:00-06:00", "Mo-Fr 22:00-06:00", "Sa-Su" or "Mo,We 12:00-13:30"';

describe('[[peer]]', () => {
  const OCTETS = 'allowed: at most 128 octets in hexadecimal, such as "c0f70000"';
  const PATTERN = 'a pattern of digits: exact, with *, or a regular expression between slashes';
  test.each([
    ['', 'nua: missing; needed: 1 to 15 digits'],
    ['nua = "2624*"', 'nua: found "2624*"; allowed: 1 to 15 digits'],
    [
      'nua = "1"\ntls = "verify"',
      'tls_name: missing; needed with tls = "verify": the name in its certificate',
    ],
    [
      'nua = "1"\nauth = { user = "a", password_file = "p" }',
      'auth: found a login; allowed only with tls, or on links with private = true, which "psdn0" is not',
    ],
    ['nua = "1"\nfetch = "turn"', 'fetch: found "turn"; allowed: "none" or "etrn" or "atrn"'],
    ['nua = "1"\nfetch_every = "1h"', 'fetch_every: allowed only with fetch = "etrn" or "atrn"'],
    [
      'nua = "1"\nfetch = "etrn"',
      'fetch_domains: missing; needed with fetch = "etrn": the domains to ask for',
    ],
    [
      'nua = "1"\nfetch = "atrn"\nfetch_domains = ["*.a"]',
      'fetch_domains[0]: found "*.a"; allowed: a domain, such as "site-a.example"',
    ],
    ['nua = "1"\ncalling = 1', `calling: found 1; allowed: ${PATTERN}; write it in quotes`],
    ['nua = "1"\ncalling = ["1", "a"]', `calling[1]: found "a"; allowed: ${PATTERN}`],
    [
      'nua = "1"\ncalling = []',
      'calling: found an empty list; allowed: a pattern of digits, or a list of them',
    ],
    ['nua = "1"\ncalling = "/(/"', `calling: found "/(/"; allowed: ${PATTERN} (missing closing ): \`(\`)`],
    ['nua = "1"\ncall_user_data = "c0f"', `call_user_data: found "c0f"; ${OCTETS}`],
    [
      'nua = "1"\ncall_user_data = "000102030405060708090a0b0c0d0e0f10"',
      'call_user_data: found 17 octets; allowed: 16, more only with fast_select in each of facilities',
    ],
    [
      'nua = "1"\ncall_user_data = 0xc0f70000',
      `call_user_data: found 3237412864; ${OCTETS}; write it in quotes`,
    ],
    [
      'nua = "1"\nfacilities = {}',
      'facilities: found a table; allowed: a list of tables such as { packet_size = 512, window = 4 }',
    ],
    [
      'nua = "1"\nfacilities = []',
      'facilities: found an empty list; allowed: a list of tables such as { packet_size = 512, window = 4 }, at least one: {} asks for nothing',
    ],
    [
      'nua = "1"\nfacilities = [{ packet_size = 500 }]',
      'facilities[0].packet_size: found 500; allowed: one of 16, 32, 64, 128, 256, 512, 1024, 2048, 4096',
    ],
    [
      'nua = "1"\nfacilities = [{}, { window = 0 }]',
      'facilities[1].window: found 0; allowed: a whole number from 1 to 127',
    ],
    [
      'nua = "1"\nfacilities = [{ packetsize = 128 }]',
      'facilities[0].packetsize: unknown key; did you mean "packet_size"?',
    ],
    [
      'nua = "1"\nfacilities = [{ packet_size = 2048 }]',
      'facilities[0].packet_size: found 2048; allowed on link "psdn0": up to its packet.max_size, 1024',
    ],
    [
      'nua = "1"\ntimers = { reply = 600 }',
      `timers.reply: found 600; ${DURATION} "10ms" to "1d"; write it in quotes`,
    ],
    ['nua = "1"\ntimers = { replay = "1m" }', 'timers.replay: unknown key; did you mean "reply"?'],
    [
      'nua = "1"\ntimers = { call_accept = "0s" }',
      `timers.call_accept: found "0s"; ${DURATION} "10ms" to "1h"`,
    ],
    [
      'nua = "1"\ntimers = { service_ready = "" }',
      `timers.service_ready: found ""; ${DURATION} "10ms" to "1h"`,
    ],
    ['nua = "1"\ntimers = { quit = "2h" }', `timers.quit: found "2h"; ${DURATION} "10ms" to "1h"`],
    [
      'nua = "1"\ncalls = { max_circuits = 0 }',
      'calls.max_circuits: found 0; allowed: a whole number from 1 to 4095',
    ],
    ['nua = "1"\ncalls = { windows = "22-06" }', `calls.windows: found "22-06"; ${WINDOWS}`],
    [
      'nua = "1"\ncalls = { min_messages = 0 }',
      'calls.min_messages: found 0; allowed: a whole number from 1 to 1000',
    ],
    ['nua = "1"\ncalls = { max_wait = "0s" }', `calls.max_wait: found "0s"; ${DURATION} "1s" to "30d"`],
    [
      'nua = "1"\ncalls = { large = { size = "1" } }',
      'calls.large.size: found "1"; allowed: a size with its unit (B, KiB, MiB, GiB) from "1KiB" to "1GiB"',
    ],
    [
      'nua = "1"\ncalls = { timezone = "UTC" }',
      'calls.timezone: allowed only with windows, budget or large, which are read by it',
    ],
    ['nua = "1"\ncalls = { budget = {} }', 'calls.budget: limits nothing; needed: minutes, or cost, or both'],
    [
      'nua = "1"\ncalls = { budget = { minutes = 10, warn = 80 } }',
      'calls.budget.warn: found 80; allowed: a share of the budget: a number from 0 to 1',
    ],
    [
      'nua = "1"\ncalls = { budget = { minutes = 10, period = "year" } }',
      'calls.budget.period: found "year"; allowed: "day" or "week" or "month"',
    ],
    [
      'nua = "1"\ncalls = { budget = { cost = 10 } }',
      'calls.budget.cost: needs prices: "psdn0" among its links has no [link.tariff]',
    ],
    ['nua = "1"\nlinks = "psdn0"', 'links: unknown key; did you mean "link"?'],
  ])('%j: %s', (keys, message) => {
    expect(problemsOf(tomlOf({ peer: `${PEER}\n${keys}` }))).toEqual([`peer "site-b" ${message}`]);
  });

  test.each([
    ['', 'peer "site-b" link: missing; needed: the name of a link, or a list of them'],
    ['link = "psdn1"', 'peer "site-b" link: found "psdn1"; allowed: "psdn0"'],
    [
      'link = ["psdn0", "psdn0"]',
      'peer "site-b" link: found "psdn0" twice; allowed: each once, in the order to try them',
    ],
    [
      'link = 3',
      'peer "site-b" link: found 3; allowed: up to 32 letters, digits, spaces, ".", "_" and "-"; write it in quotes',
    ],
  ])('%j: %s', (keys, message) => {
    expect(problemsOf(tomlOf({ peer: `name = "site-b"\nnua = "1"\n${keys}` }))).toEqual([message]);
  });

  test('on a link that does not negotiate', () => {
    const link = `${LINK}\n${PATH}\n[link.packet]\nnegotiation = false`;
    expect(
      problemsOf(tomlOf({ link, peer: `${PEER}\nnua = "1"\nfacilities = [{ window = 3 }, {}]` })),
    ).toEqual([
      'peer "site-b" facilities[0]: asks for facilities that are never sent on link "psdn0": packet.negotiation is false there',
    ]);
  });

  test('on a link with a smaller window', () => {
    const link = `${LINK}\n${PATH}\n[link.packet]\nmax_window = 2`;
    expect(problemsOf(tomlOf({ link, peer: `${PEER}\nnua = "1"\nfacilities = [{ window = 3 }]` }))).toEqual([
      'peer "site-b" facilities[0].window: found 3; allowed on link "psdn0": up to its packet.max_window, 2',
    ]);
  });

  test('with a number too long for the prefix', () => {
    const link = `${LINK}\n${PATH}\n[link.address]\nprefix = { international = "00" }`;
    expect(problemsOf(tomlOf({ link, peer: `${PEER}\nnua = "12345678901234"` }))).toEqual([
      'peer "site-b" nua: makes 16 digits with the prefix on link "psdn0"; allowed: 15',
    ]);
  });
});

describe('[[incoming]]', () => {
  const ACTIONS = '"engine" or "bridge" or "reject" ("switch" is not supported by this version)';
  const PATTERN = 'a pattern of digits: exact, with *, or a regular expression between slashes';
  test.each([
    ['', `action: missing; needed: ${ACTIONS}`],
    ['action = "switch"', `action: found "switch"; allowed: ${ACTIONS}`],
    ['action = "engine"\nlink = "psdn1"', 'link: found "psdn1"; allowed: "psdn0"'],
    ['action = "engine"\ncalling = "x*"', `calling: found "x*"; allowed: ${PATTERN}`],
    ['action = "engine"\ncalled = 1', `called: found 1; allowed: ${PATTERN}; write it in quotes`],
    [
      'action = "engine"\ncall_user_data = "zz"',
      'call_user_data: found "zz"; allowed: at most 16 octets in hexadecimal, such as "c0f70000"',
    ],
    ['action = "engine"\nrelay = "yes"', 'relay: found "yes"; allowed: true or false'],
    [
      'action = "engine"\nmax_circuits = 5000',
      'max_circuits: found 5000; allowed: a whole number from 1 to 4095',
    ],
    ['action = "engine"\ncause = 0', 'cause: allowed only with action = "reject"'],
    ['action = "engine"\ndiagnostic = 0', 'diagnostic: allowed only with action = "reject"'],
    ['action = "reject"\nrelay = true', 'relay: allowed only with action = "engine" or "bridge"'],
    ['action = "reject"\nmax_circuits = 1', 'max_circuits: allowed only with action = "engine" or "bridge"'],
    ['action = "reject"\ncause = 256', 'cause: found 256; allowed: an octet, 0x00 to 0xFF'],
    ['action = "reject"\ndiagnostic = "F5"', 'diagnostic: found "F5"; allowed: an octet, 0x00 to 0xFF'],
    [
      'action = "reject"\ncause = 0x0b',
      'cause: found 0x0B; allowed on link "psdn0", which is a DTE: 0x00 and 0x80 to 0xFF',
    ],
    [
      'action = "reject"\ncause = 0x7f\nlink = "psdn0"',
      'cause: found 0x7F; allowed on link "psdn0", which is a DTE: 0x00 and 0x80 to 0xFF',
    ],
    ['action = "engine"\nreverse_charging = 1', 'reverse_charging: found 1; allowed: true or false'],
    [
      'action = "reject"\nreverse_charging = true',
      'reverse_charging: allowed only with action = "engine" or "bridge"',
    ],
    [
      'action = "engine"\ncug = "123"',
      'cug: found "123"; allowed: the index of a closed user group: two digits (basic) or four (extended)',
    ],
    [
      'action = "engine"\ncug = 12',
      'cug: found 12; allowed: the index of a closed user group: two digits (basic) or four (extended); write it in quotes',
    ],
    [
      'action = "engine"\ncug = ["12", "x"]',
      'cug[1]: found "x"; allowed: the index of a closed user group: two digits (basic) or four (extended)',
    ],
    [
      'action = "engine"\ncug = []',
      'cug: found an empty list; allowed: the index of a closed user group: two digits (basic) or four (extended), or a list of them',
    ],
    ['action = "engine"\ncaling = "1"', 'caling: unknown key; did you mean "calling"?'],
  ])('%j: %s', (keys, message) => {
    expect(problemsOf(tomlOf({}, `[[incoming]]\n${keys}`))).toEqual([`incoming[0].${message}`]);
  });

  test('with a name is called by it', () => {
    expect(problemsOf(tomlOf({}, '[[incoming]]\nname = "b"'))).toEqual([
      `incoming "b" action: missing; needed: ${ACTIONS}`,
    ]);
  });

  test('may send any cause where we are the network', () => {
    const link = `${LINK}\n${PATH}\nrole = "dce"`;
    expect(problemsOf(tomlOf({ link }, '[[incoming]]\naction = "reject"\ncause = 0x0b'))).toEqual([]);
  });
});

describe('[[route]]', () => {
  const TARGET = 'needed: one of peer, nua, smtp, mx, lmtp, maildir, fetched_by, error';
  const HOST = 'allowed: a host and a port, such as "127.0.0.1:25"';
  test.each([
    ['', `route "x.test": found no way to go; ${TARGET}`],
    ['peer = "site-b"\nerror = "5.1.2 no"', `route "x.test": found peer and error; ${TARGET}`],
    ['peer = "site-c"', 'route "x.test" peer: found "site-c"; allowed: "site-b"'],
    ['peer = []', 'route "x.test" peer: found an empty list; allowed: the name of a peer, or a list of them'],
    [
      'smtp = []',
      'route "x.test" smtp: found an empty list; allowed: a host and a port, such as "127.0.0.1:25", or a list of them',
    ],
    ['smtp = ["a:25", "b"]', `route "x.test" smtp[1]: found "b"; ${HOST}`],
    ['smtp = ["a:25", "A:25"]', 'route "x.test" smtp: A:25 stands there twice'],
    [
      'smtp = ["a:25", "b:25"]\ntls = "none"\nauth = { user = "u", password_file = "p" }',
      'route "x.test" auth: found a login; allowed only with TLS, and tls is "none": all would read the password',
    ],
    ['smtp = "127.0.0.1"', `route "x.test" smtp: found "127.0.0.1"; ${HOST}`],
    ['smtp = "127.0.0.1:0"', `route "x.test" smtp: found "127.0.0.1:0"; ${HOST}`],
    ['smtp = "a b:25"', `route "x.test" smtp: found "a b:25"; ${HOST}`],
    ['smtp = "::1:25"', `route "x.test" smtp: found "::1:25"; ${HOST}`],
    ['smtp = "$1.test:25"', 'route "x.test" smtp: "$1" has no group: the pattern has none'],
    [
      'error = "no"',
      'route "x.test" error: found "no"; allowed: an enhanced status code and a text, such as "5.1.2 no mail for this domain"',
    ],
    [
      'error = "2.0.0 ok"',
      'route "x.test" error: found "2.0.0 ok"; allowed: an enhanced status code and a text, such as "5.1.2 no mail for this domain"',
    ],
    ['error = "5.7.1 costs 5$"', 'route "x.test" error: "$" means nothing: $1 to $9, or $$ for a dollar'],
    [
      'smtp = "a:25"\ntls = "always"',
      'route "x.test" tls: found "always"; allowed: "none" or "may" or "must" or "verify" or "implicit"',
    ],
    ['peer = "site-b"\ntls = "must"', 'route "x.test" tls: allowed only with smtp or mx or lmtp'],
    [
      'peer = "site-b"\nrecipients = "none.txt"',
      "route \"x.test\" recipients: /etc/x25mail/none.txt can't be read: ENOENT: no such file or directory, open '/etc/x25mail/none.txt'",
    ],
    [
      'error = "5.1.2 no"\nauth = { user = "u", password_file = "p" }',
      'route "x.test" auth: allowed only with smtp or lmtp',
    ],
    [
      'smtp = "a:25"\ntls = "none"\nauth = { user = "u", password_file = "p" }',
      'route "x.test" auth: found a login; allowed only with TLS, and tls is "none": all would read the password',
    ],
    [
      'smtp = "a:25"\nauth = { user = "u" }',
      'route "x.test" auth.password_file: missing; needed: a file whose first line is the password',
    ],
    [
      'lmtp = "x"',
      'route "x.test" lmtp: found "x"; allowed: a host and a port, such as "127.0.0.1:24", or the path of a socket',
    ],
    ['lmtp = "a:25"', 'route "x.test" lmtp: found "a:25"; allowed: any port but 25, which is for SMTP'],
    [
      'lmtp = "/run/lmtp"\ntls = "must"',
      'route "x.test" tls: allowed only with a host: a socket is on this machine',
    ],
    ['maildir = ""', 'route "x.test" maildir: found ""; allowed: a path, such as "/var/mail/{user}"'],
    ['maildir = "/m/$1"', 'route "x.test" maildir: "$1" has no group: the pattern has none'],
    [
      'maildir = "/m/{user}"',
      'route "x.test" recipients: missing; needed where the address makes the path: a file of who exists, or anybody could make mailboxes',
    ],
    ['nua = "12"\nlink = "psdn1"', 'route "x.test" link: found "psdn1"; allowed: "psdn0"'],
    ['nua = "12"', 'route "x.test" link: missing; needed with nua: the name of a link, or a list of them'],
    ['link = "psdn0"\nmx = true', 'route "x.test" link: allowed only with nua'],
    ['nua = "$1"\nlink = "psdn0"', 'route "x.test" nua: "$1" has no group: the pattern has none'],
    ['nua = "12a"\nlink = "psdn0"', 'route "x.test" nua: found "12a"; allowed: 1 to 15 digits, and $1 to $9'],
    [
      'mx = true\ntls = "none"\nmta_sts = true',
      'route "x.test" mta_sts: found true; allowed only with TLS, and tls is "none": no server could prove that it has its name',
    ],
    ['smtp = "a:25"\nmta_sts = true', 'route "x.test" mta_sts: allowed only with mx'],
    ['mx = false', 'route "x.test" mx: found false; allowed: true'],
    [
      'mx = true\ntls = "implicit"',
      'route "x.test" tls: found "implicit"; allowed with mx: "none" or "may" or "must" or "verify", since the mail servers of the Internet begin in the clear',
    ],
    [
      'mx = true\nauth = { user = "u", password_file = "p" }',
      'route "x.test" auth: allowed only with smtp or lmtp',
    ],
    ['smpt = "a:25"\npeer = "site-b"', 'route "x.test" smpt: unknown key; did you mean "smtp"?'],
  ])('%j: %s', (keys, message) => {
    expect(problemsOf(tomlOf({ route: `domain = "x.test"\n${keys}` }))).toEqual([message]);
  });

  test('a password goes to no host that addresses choose', () => {
    const auth = 'auth = { user = "u", password_file = "p" }';
    expect(
      problemsOf(tomlOf({ route: `domain = '/^(.*)\\.x\\.test$/'\nsmtp = "$1.y.test:25"\n${auth}` })),
    ).toEqual([
      'route "/^(.*)\\\\.x\\\\.test$/" auth: found a login; allowed only with a host that is always the same: addresses choose it here',
    ]);
  });

  test('a server is spoken to alike by all routes to it', () => {
    const other = '[[route]]\ndomain = "y.test"\nsmtp = "A:25"\ntls = "must"';
    expect(problemsOf(tomlOf({ route: 'domain = "x.test"\nsmtp = "a:25"' }, other))).toEqual([
      'route "y.test" smtp: is spoken to in another way by route "x.test"; allowed: tls, tls_ca and auth alike in all routes to a server',
    ]);
    expect(problemsOf(tomlOf({ route: 'domain = "x.test"\nsmtp = "a:26"' }, other))).toEqual([]);
    expect(problemsOf(tomlOf({ route: 'domain = "x.test"\nsmtp = ["b:25", "a:25"]' }, other))).toHaveLength(
      1,
    );
  });

  test('without a domain', () => {
    expect(problemsOf(tomlOf({ route: 'peer = "site-b"' }))).toEqual([
      'route[0].domain: missing; needed: a pattern of domains: exact, with *, or a regular expression between slashes',
    ]);
  });

  test('to a peer where there is none', () => {
    expect(problemsOf('[gateway]\nhostname = "a"\n[[route]]\ndomain = "*"\npeer = "b"')).toEqual([
      'route "*" peer: found "b"; allowed: a peer, but there is none',
    ]);
  });
});

describe('[[rewrite]]', () => {
  const DOMAIN = 'a domain, or many: "#" stands for a number, "*" for a part of it, such as "#.x25.example"';
  test.each([
    ['outside = "a.example"', `rewrite[0].inside: missing; needed: ${DOMAIN}`],
    [
      'inside = "#"\noutside = "a.example"',
      'rewrite[0].outside: "a.example" for "#" has not the same "#" or "*" as the other; allowed: two domains, or two with one "#" or "*" each',
    ],
    ['inside = "a"\noutside = "a.b"\npeer = "x"', 'rewrite[0].peer: found "x"; allowed: "site-b"'],
    ['inside = "a"\noutside = "a.b"\nsigned = "no"', 'rewrite[0].signed: found "no"; allowed: true or false'],
    [
      'inside = "a"\noutside = "a.b"\nin = 1',
      'rewrite[0].in: unknown key; allowed: inside, outside, peer, signed',
    ],
  ])('%j: %s', (keys, message) => {
    expect(problemsOf(tomlOf({}, `[[rewrite]]\n${keys}`))).toEqual([message]);
  });
});

describe('names and paths that must differ', () => {
  test.each([
    [
      '[[link]]\nname = "psdn0"\ntype = "serial"\npath = "/dev/ttyS1"',
      'link "psdn0" name: found "psdn0" a second time; allowed: another for each link',
    ],
    [
      '[[link]]\nname = "psdn1"\ntype = "serial"\npath = "/dev/ttyUSB0"',
      'link "psdn1" path: found "/dev/ttyUSB0" a second time; allowed: another for each link',
    ],
    [
      '[[peer]]\nname = "site-b"\nnua = "1"\nlink = "psdn0"',
      'peer "site-b" name: found "site-b" a second time; allowed: another for each peer',
    ],
    [
      '[[incoming]]\nname = "x"\naction = "engine"\n[[incoming]]\nname = "x"\naction = "engine"',
      'incoming "x" name: found "x" a second time; allowed: another for each incoming',
    ],
  ])('%j: %s', (extra, message) => {
    expect(problemsOf(tomlOf({}, extra))).toEqual([message]);
  });
});
