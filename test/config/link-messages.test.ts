import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatDuration, parseConfiguration } from '../../src/config/index.js';
import { MODEM_TIMES } from '../../src/modem/index.js';
import { problemsOf, tomlOf } from './parts.js';

/** Messages about links that are not plain serial lines. */

const DURATION = 'allowed: a time with its unit (ms, s, m, h, d) from';

function expectProblem(link: string, message: string): void {
  expect(problemsOf(tomlOf({ link }))).toEqual([`link "psdn0" ${message}`]);
}

describe('a modem', () => {
  const BARE = 'name = "psdn0"\ntype = "modem"\npath = "/dev/ttyUSB0"';
  const DIALS = `${BARE}\ndial = "0,0123456"`;
  const ANSWERS = `${BARE}\nanswer = 2`;
  const DIRECTIONS = 'neither dials nor answers; needed: dial, or answer = 1 (rings), or both';
  const COMMAND =
    'allowed: a command line that begins with AT, up to 80 characters, that neither dials nor answers';

  test.each([
    DIALS,
    ANSWERS,
    `${DIALS}\nanswer = 1\nanswer_role = "dte"\ncalls_on_answered = true`,
    // A device server does RTS/CTS itself, the modem has to be told.
    'name = "psdn0"\ntype = "modem"\npath = "tcp://server:7001"\nflow = "rtscts"\ndial = "1"\nprofile = "rockwell"',
    `${DIALS}\ninit = ["ATM0", "AT&D2&A3", "AT+DS=3,0;+A8E=1", "AT\\\\A3%D0-A1", "ats0=0", "AT#CID=1", "AT S7=90 X3"]`,
  ])('with nothing wrong: %j', (link) => {
    expect(problemsOf(tomlOf({ link }))).toEqual([]);
  });

  test.each([
    [BARE, DIRECTIONS],
    [`${BARE}\nanswer = 0`, DIRECTIONS],
  ])('%j: %s', (link, message) => {
    expect(problemsOf(tomlOf({ link }))).toEqual([`link "psdn0": ${message}`]);
  });

  test.each([
    [
      'name = "psdn0"\ntype = "modem"\ndial = "1"',
      'path: missing; needed: a device such as "/dev/ttyUSB0", or "tcp://host:port" of a serial device server',
    ],
    [`${DIALS}\nanswer = 300`, 'answer: found 300; allowed: a whole number from 0 to 255'],
    [`${DIALS}\nanswer = "2"`, 'answer: found "2"; allowed: a whole number from 0 to 255'],
    [
      `${BARE}\ndial = "0123;"`,
      'dial: found "0123;"; allowed: a number as a modem dials it, "," for a pause, such as "0,0123456"',
    ],
    [
      `${BARE}\ndial = 123`,
      'dial: found 123; allowed: a number as a modem dials it, "," for a pause, such as "0,0123456"; write it in quotes',
    ],
    [`${DIALS}\ndialling = "touch"`, 'dialling: found "touch"; allowed: "tone" or "pulse"'],
    [`${DIALS}\ninit = "ATM0"`, 'init: found "ATM0"; allowed: a list of commands, such as ["ATM0"]'],
    [`${DIALS}\ninit = ["ATM0", "M0"]`, `init[1]: found "M0"; ${COMMAND}`],
    [`${DIALS}\ninit = ["ATDT0190"]`, `init[0]: found "ATDT0190"; ${COMMAND}`],
    [`${DIALS}\ninit = ["ATE0&D2X4DP1"]`, `init[0]: found "ATE0&D2X4DP1"; ${COMMAND}`],
    [`${DIALS}\ninit = ["AT+MS=1;D1"]`, `init[0]: found "AT+MS=1;D1"; ${COMMAND}`],
    [`${DIALS}\ninit = ["ATS0=0A"]`, `init[0]: found "ATS0=0A"; ${COMMAND}`],
    [`${DIALS}\nanswer = 1\nanswer_role = "DCE"`, 'answer_role: found "DCE"; allowed: "dte" or "dce"'],
    [`${DIALS}\nanswer_role = "dce"`, 'answer_role: allowed only with answer = 1 or more'],
    [`${DIALS}\ncalls_on_answered = false`, 'calls_on_answered: allowed only with answer = 1 or more'],
    [
      `${DIALS}\nanswered_hang_up_after = "1m"`,
      'answered_hang_up_after: allowed only with answer = 1 or more',
    ],
    [`${ANSWERS}\ncalls_on_answered = 1`, 'calls_on_answered: found 1; allowed: true or false'],
    [`${ANSWERS}\nrole = "dte"`, 'role: allowed only with dial'],
    [`${ANSWERS}\ndialling = "pulse"`, 'dialling: allowed only with dial'],
    [`${ANSWERS}\nhang_up_after = "10s"`, 'hang_up_after: allowed only with dial'],
    [`${DIALS}\nhang_up = "DTR"`, 'hang_up: found "DTR"; allowed: "dtr" or "escape"'],
    [
      'name = "psdn0"\ntype = "modem"\npath = "tcp://server:7001"\ndial = "1"\nhang_up = "dtr"',
      'hang_up: found "dtr"; allowed with tcp://: "escape"; a serial device server has no DTR that we could reach',
    ],
    [`${DIALS}\nhang_up_after = "0s"`, `hang_up_after: found "0s"; ${DURATION} "1s" to "1h"`],
    [
      `${ANSWERS}\nanswered_hang_up_after = 120`,
      `answered_hang_up_after: found 120; ${DURATION} "1s" to "1d"; write it in quotes`,
    ],
    [`${DIALS}\nprofile = "haze"`, 'profile: found "haze"; did you mean "hayes"?'],
    [
      `${DIALS}\nprofile = "zyxel"`,
      'profile: found "zyxel"; allowed: "hayes", "rockwell", "usrobotics", or a file such as "./my-modem.json"',
    ],
    [`${DIALS}\nmodem = 3`, 'modem: found 3; allowed: a table'],
    [`${DIALS}\n[link.modem]\nring_gab = "1s"`, 'modem.ring_gab: unknown key; did you mean "ring_gap"?'],
    [`${DIALS}\nlisten = "0.0.0.0"`, 'listen: allowed only with type = "xot"'],
    [`${DIALS}\nclearing = "break"`, 'clearing: allowed only with type = "pad"'],
    [`${DIALS}\n[link.lapb]\nwindow = 8`, 'lapb.window: found 8; allowed: 1 to 7 with modulo = 8'],
    [`${DIALS}\nanswr = 1`, 'answr: unknown key; did you mean "answer"?'],
  ])('%j: %s', expectProblem);

  test.each(Object.entries(MODEM_TIMES))('%s goes as far as the modem layer says', (name, { min, max }) => {
    const key = name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const withTime = (ms: number): string => `${DIALS}\n[link.modem]\n${key} = "${ms}ms"`;
    expect(problemsOf(tomlOf({ link: withTime(max) }))).toEqual([]);
    expectProblem(
      withTime(max + 1),
      `modem.${key}: found "${max + 1}ms"; ${DURATION} "${formatDuration(min)}" to "${formatDuration(max)}"`,
    );
  });

  describe('whose profile is a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'x25mail-profile-'));
    afterAll(() => rmSync(folder, { recursive: true }));

    const problemsWith = (text: string): string[] => {
      const file = join(folder, 'mine.json');
      writeFileSync(file, text);
      return problemsOf(tomlOf({ link: `${DIALS}\nprofile = "${file}"` }));
    };

    test('is read', () => {
      const profile = { name: 'mine', description: 'x', source: 'y', init: ['ATZ'] };
      expect(problemsWith(JSON.stringify(profile))).toEqual([]);
    });

    test('has all its faults told', () => {
      expect(problemsWith('{ "name": "my modem", "description": "x", "source": "y", "init": [] }')).toEqual([
        'link "psdn0" profile: mine.json: name: small letters, digits and hyphens',
        expect.stringMatching(/^link "psdn0" profile: mine\.json: init: /),
      ]);
    });

    test('that is not there', () => {
      expect(problemsOf(tomlOf({ link: `${DIALS}\nprofile = "none/mine.json"` }))).toEqual([
        expect.stringMatching(
          /^link "psdn0" profile: found "none\/mine\.json", which cannot be read: ENOENT/,
        ),
      ]);
    });
  });
});

describe('a PAD', () => {
  const PAD = 'name = "psdn0"\ntype = "pad"\npath = "/dev/ttyUSB0"';
  const SERVER = 'name = "psdn0"\ntype = "pad"\npath = "tcp://server:7001"';

  test.each([
    PAD,
    SERVER,
    `${PAD}\nflow = "rtscts"\nclearing = "dtr"\nservice_request = "\\r.\\r"\nuser_data_mark = "*D"`,
    `${PAD}\nparameters = { 4 = 5, 118 = 0 }\ntimers = { call = "3m", clear_pause = "1s" }`,
  ])('with nothing wrong: %j', (link) => {
    expect(problemsOf(tomlOf({ link }))).toEqual([]);
  });

  test.each([
    [
      `${PAD}\nflow = "xonxoff"`,
      'flow: found "xonxoff"; allowed: "none" or "rtscts" (11 and 13 are data to a PAD that takes 8 bits)',
    ],
    [
      `${SERVER}\nflow = "rtscts"`,
      'flow: found "rtscts"; allowed with tcp://: "none"; RTS/CTS is set on the device server',
    ],
    [`${PAD}\nclearing = "brake"`, 'clearing: found "brake"; allowed: "break" or "dtr" or "escape"'],
    [
      `${SERVER}\nclearing = "break"`,
      'clearing: found "break"; allowed with tcp://: "escape"; a serial device server shows us neither break nor DTR',
    ],
    [
      `${PAD}\nservice_request = ""`,
      'service_request: found ""; allowed: up to 32 ASCII characters, such as "\\r"',
    ],
    [
      `${PAD}\nuser_data_mark = "with space"`,
      'user_data_mark: found "with space"; allowed: up to 4 printable characters, such as "*D"',
    ],
    [
      `${PAD}\nparameters = "4:5"`,
      'parameters: found "4:5"; allowed: a table of X.3 parameters by number, such as { 4 = 5 }',
    ],
    [`${PAD}\nparameters = { 4 = 256 }`, 'parameters.4: found 256; allowed: a value of X.3, 0 to 255'],
    [
      `${PAD}\nparameters = { echo = 0 }`,
      'parameters.echo: found 0; allowed: parameters of X.3 by number, 2 to 255',
    ],
    [
      `${PAD}\nparameters = { 0 = 1 }`,
      'parameters.0: found 1; allowed: parameters of X.3 by number, 2 to 255',
    ],
    ...['1', '6', '7'].map((reference): [string, string] => [
      `${PAD}\nparameters = { ${reference} = 0 }`,
      `parameters.${reference}: found 0; allowed: other parameters than 1, 6 and 7, which follow from clearing`,
    ]),
    [`${PAD}\ntimers = { call = "0s" }`, `timers.call: found "0s"; ${DURATION} "10ms" to "1h"`],
    [`${PAD}\ntimers = { hangup = "1s" }`, 'timers.hangup: unknown key; did you mean "hang_up"?'],
    [
      `${PAD}\nlapb = {}`,
      'lapb: has no place on a PAD: LAPB runs on the line of the PAD to the network, not on ours',
    ],
    [
      `${PAD}\npacket = {}`,
      'packet: has no place on a PAD: packets are made by the PAD, their size and window belong to its own line',
    ],
    [`${PAD}\nrole = "dte"`, 'role: has no place on a PAD: we are its terminal, neither DTE nor DCE of X.25'],
    [
      `${PAD}\naddress = { calling = "own" }`,
      'address.calling: has no place on a PAD: the network puts the calling address in',
    ],
    [`${PAD}\ndial = "1"`, 'dial: allowed only with type = "modem"'],
  ])('%j: %s', expectProblem);

  test('needs no number: the network knows it', () => {
    expect(problemsOf(tomlOf({ gateway: 'hostname = "a"', link: PAD }))).toEqual([]);
  });

  const USER_DATA =
    'allowed on link "psdn0": "01000000", which a PAD writes by itself, and printable characters but "+" behind it';
  test.each([
    ['01000000', []],
    ['010000006d61696c', []],
    ['c0f70000', [`peer "b" call_user_data: found "c0f70000"; ${USER_DATA}`]],
    ['', [`peer "b" call_user_data: found ""; ${USER_DATA}`]],
    ['010000002b', [`peer "b" call_user_data: found "010000002b"; ${USER_DATA}`]],
    ['0100000000', [`peer "b" call_user_data: found "0100000000"; ${USER_DATA}`]],
  ])('is called with user data %j: %j', (userData, messages) => {
    const peer = `name = "b"\nnua = "1"\nlink = "psdn0"\ncall_user_data = "${userData}"`;
    const route = 'domain = "*"\npeer = "b"';
    expect(problemsOf(tomlOf({ link: PAD, peer, route }))).toEqual(messages);
  });

  test('beside another link takes what that wants, as far as a PAD can write it', () => {
    const serial = '[[link]]\nname = "line"\ntype = "serial"\npath = "/dev/ttyS1"';
    const problemsWith = (userData: string): string[] => {
      const peer = `name = "b"\nnua = "1"\nlink = ["line", "psdn0"]\ncall_user_data = "${userData}"`;
      return problemsOf(tomlOf({ link: PAD, peer, route: 'domain = "*"\npeer = "b"' }, serial));
    };
    expect(problemsWith('c0f70000')).toEqual([]);
    expect(problemsWith('c0f7000000')).toEqual([`peer "b" call_user_data: found "c0f7000000"; ${USER_DATA}`]);
  });

  test('in an incoming rule', () => {
    const rule = (keys: string): string[] =>
      problemsOf(tomlOf({ link: PAD }, `[[incoming]]\nname = "r"\nlink = "psdn0"\n${keys}`));
    expect(rule('action = "engine"')).toEqual([]);
    expect(rule('action = "engine"\ncall_user_data = ""')).toEqual([]);
    expect(rule('action = "engine"\ncall_user_data = "c0f70000"')).toEqual([
      'incoming "r" call_user_data: found "c0f70000"; allowed on link "psdn0": "01000000", which is all that a PAD takes and shows',
    ]);
    expect(rule('action = "reject"')).toEqual([]);
    expect(rule('action = "reject"\ncause = 0\ndiagnostic = 0xF5')).toEqual([
      'incoming "r" cause: not allowed on link "psdn0": the PAD is only told to clear, not why',
      'incoming "r" diagnostic: not allowed on link "psdn0": the PAD is only told to clear, not why',
    ]);
  });
});

describe('XOT', () => {
  const BARE = 'name = "psdn0"\ntype = "xot"';
  const CALLS = `${BARE}\nrouters = [{ nua = "*", to = "10.1.1.1" }]`;
  const ADDRESS = 'allowed: an address, with a port unless it is 1998, such as "0.0.0.0" or "[::1]:1998"';
  const ROUTER = 'allowed: a host, with a port unless it is 1998, such as "10.1.1.1" or "$2.$1.x25.example"';
  const to = (router: string, nua = '2624*'): string =>
    `${BARE}\nrouters = [{ nua = '${nua}', to = "${router}" }]`;

  test.each([
    CALLS,
    `${BARE}\nlisten = "127.0.0.1"`,
    `${BARE}\nlisten = "[::1]:1998"\nallow = ["::1"]`,
    to('$2.$1.x25.example', '/^(...)(...)/'),
    to('[fd00::1]:1999'),
    to('router-$1.example:2000'),
    `${CALLS}\nmax_circuits = 4095\n[link.packet]\nwindow = 7\nsize = 1024\nmax_size = 4096`,
    `${CALLS}\n[link.packet.timers]\nt21 = "100s"\nr22 = 2`,
    `${CALLS}\n[link.packet]\nmodulo = 128\nwindow = 20\nmax_window = 127`,
    `${BARE}\nlisten = "127.0.0.1"\nverify_calling = false\nkeepalive = "0s"\nidle = "0s"\nconnect = "1m"`,
  ])('with nothing wrong: %j', (link) => {
    expect(problemsOf(tomlOf({ link }))).toEqual([]);
  });

  test.each([BARE, `${BARE}\nrouters = []`])('%j can do nothing', (link) => {
    expect(problemsOf(tomlOf({ link }))).toEqual([
      'link "psdn0": neither calls nor is called; needed: routers, or listen, or both',
    ]);
  });

  test.each([
    [`${BARE}\nlisten = "127.0.0.1:x"`, `listen: found "127.0.0.1:x"; ${ADDRESS}`],
    [`${BARE}\nlisten = "::1"`, `listen: found "::1"; ${ADDRESS}`],
    [`${BARE}\nlisten = 1998`, `listen: found 1998; ${ADDRESS}; write it in quotes`],
    [`${CALLS}\nallow = ["10.0.0.0/8"]`, 'allow: allowed only with listen: who may connect to it'],
    [
      `${BARE}\nlisten = "[::1]"\nallow = ["10/8"]`,
      'allow[0]: found "10/8"; allowed: a network such as "10.0.0.0/8" or "fd25::/64", or one address',
    ],
    [`${BARE}\nlisten = "[::1]"\nallow = "::1"`, 'allow: found "::1"; allowed: a list of networks'],
    [`${BARE}\nrouters = "10.1.1.1"`, 'routers: found "10.1.1.1"; allowed: a list of tables with nua and to'],
    [
      `${BARE}\nrouters = [{ to = "10.1.1.1" }]`,
      'routers[0].nua: missing; needed: a pattern of digits: exact, with *, or a regular expression between slashes',
    ],
    [
      `${BARE}\nrouters = [{ nua = "*" }]`,
      'routers[0].to: missing; needed: a host, with a port unless it is 1998, such as "10.1.1.1"',
    ],
    [
      `${BARE}\nrouters = [{ nua = "*", too = "a", to = "a" }]`,
      'routers[0].too: unknown key; did you mean "to"?',
    ],
    [to('10.1.1.1:0'), `routers[0].to: found "10.1.1.1:0"; ${ROUTER}`],
    [to('10.1.1.1:99999'), `routers[0].to: found "10.1.1.1:99999"; ${ROUTER}`],
    [to('a b'), `routers[0].to: found "a b"; ${ROUTER}`],
    [to('fd00::1'), `routers[0].to: found "fd00::1"; ${ROUTER}`],
    [to('$2.example'), 'routers[0].to: "$2" has no group: the pattern has only 1'],
    [`${CALLS}\nmax_circuits = 0`, 'max_circuits: found 0; allowed: a whole number from 1 to 4095'],
    [`${CALLS}\nverify_calling = false`, 'verify_calling: allowed only with listen: who may call'],
    [`${BARE}\nlisten = "[::1]"\nverify_calling = 1`, 'verify_calling: found 1; allowed: true or false'],
    [
      `${CALLS}\nkeepalive = "1s"`,
      'keepalive: found "1s"; allowed: a time with its unit (ms, s, m, h, d) from "10s" to "2h", or "0s" for never',
    ],
    [`${CALLS}\n[link.packet]\nmodulo = 9`, 'packet.modulo: found 9; allowed: 8 or 128'],
    [
      `${CALLS}\nidle = "10s"`,
      'idle: found "10s"; allowed: a time with its unit (ms, s, m, h, d) from "1m" to "7d", or "0s" for never',
    ],
    [
      `${CALLS}\nconnect = "0s"`,
      'connect: found "0s"; allowed: a time with its unit (ms, s, m, h, d) from "1s" to "1m"',
    ],
    [
      `${CALLS}\n[link.packet]\nsize = 512\nmax_size = 256`,
      'packet.max_size: found 256; allowed: no less than size, which is 512',
    ],
    [
      `${CALLS}\n[link.packet]\nchannels = { two_way = "1-4" }`,
      'packet.channels: has no place on XOT: each circuit has a connection of its own; max_circuits says how many',
    ],
    [
      `${CALLS}\n[link.packet]\nassign = "auto"`,
      'packet.assign: has no place on XOT: each circuit has a connection of its own',
    ],
    [
      `${CALLS}\n[link.packet]\nnegotiation = true`,
      'packet.negotiation: has no place on XOT: packet and window size are always negotiated (RFC 1613 §6.1)',
    ],
    [
      `${CALLS}\n[link.packet.timers]\nt11 = "1s"`,
      'packet.timers.t11: has no place on XOT: a timer of the DCE, and both ends are DTEs',
    ],
    [
      `${CALLS}\n[link.packet.timers]\nt20 = "1s"`,
      'packet.timers.t20: has no place on XOT: there is no restart',
    ],
    [
      `${CALLS}\n[link.packet.timers]\nt23 = "1s"`,
      'packet.timers.t23: has no place on XOT: a clear that is not confirmed within seconds ends with its connection',
    ],
    [
      `${CALLS}\npath = "/dev/ttyS0"`,
      'path: has no place on XOT: it runs over TCP; listen and routers say where',
    ],
    [`${CALLS}\nbaud = 9600`, 'baud: has no place on XOT: TCP has no speed that timers could follow'],
    [`${CALLS}\nflow = "none"`, 'flow: has no place on XOT: TCP has its own flow control'],
    [`${CALLS}\nlapb = {}`, 'lapb: has no place on XOT: TCP does what LAPB does on a line'],
    [`${CALLS}\nrole = "dte"`, 'role: has no place on XOT: both ends are DTEs (RFC 1613 §5)'],
    [`${CALLS}\nroutes = []`, 'routes: unknown key; did you mean "routers"?'],
  ])('%j: %s', expectProblem);

  test('without a number to give', () => {
    expect(problemsOf(tomlOf({ gateway: 'hostname = "a"', link: CALLS }))).toEqual([
      'link "psdn0" address.calling: no number to give: set nua here or in [gateway], or address.calling = "none"',
    ]);
  });

  test('with a peer that asks for more than it takes', () => {
    const peer =
      'name = "site-b"\nnua = "1"\nlink = "psdn0"\nfacilities = [{ packet_size = 2048, window = 7 }]';
    expect(problemsOf(tomlOf({ link: `${CALLS}\n[link.packet]\nmax_window = 4`, peer }))).toEqual([
      'peer "site-b" facilities[0].packet_size: found 2048; allowed on link "psdn0": up to its packet.max_size, 1024',
      'peer "site-b" facilities[0].window: found 7; allowed on link "psdn0": up to its packet.max_window, 4',
    ]);
  });

  test('refuses a call with any cause', () => {
    expect(problemsOf(tomlOf({ link: CALLS }, '[[incoming]]\naction = "reject"\ncause = 0x0b'))).toEqual([]);
  });
});

test('keys of other kinds on a serial line', () => {
  const link =
    'name = "psdn0"\ntype = "serial"\npath = "/dev/ttyUSB0"\ndial = "1"\nlisten = "[::1]"\ntimers = {}';
  expect(problemsOf(tomlOf({ link }))).toEqual([
    'link "psdn0" dial: allowed only with type = "modem"',
    'link "psdn0" listen: allowed only with type = "xot"',
    'link "psdn0" timers: allowed only with type = "pad"',
  ]);
});

test('a refused call on a modem that is the DCE only where it has answered', () => {
  const reject = '[[incoming]]\naction = "reject"\ncause = 0x0b';
  const problemsWith = (keys: string): string[] =>
    problemsOf(tomlOf({ link: `name = "psdn0"\ntype = "modem"\npath = "/dev/ttyUSB0"\n${keys}` }, reject));
  const MESSAGE =
    'incoming[0].cause: found 0x0B; allowed on link "psdn0", which is a DTE: 0x00 and 0x80 to 0xFF';
  expect(problemsWith('answer = 1')).toEqual([]);
  expect(problemsWith('answer = 1\nanswer_role = "dte"')).toEqual([MESSAGE]);
  expect(problemsWith('answer = 1\ndial = "1"')).toEqual([MESSAGE]);
  expect(problemsWith('answer = 1\ndial = "1"\nrole = "dce"')).toEqual([]);
});

test('a refused call where the packet layer has a role of its own: open or not, a DTE gives no causes of a network', () => {
  const reject = '[[incoming]]\naction = "reject"\ncause = 0x0b';
  const problemsWith = (role: string, packetRole: string): string[] =>
    problemsOf(
      tomlOf(
        {
          link: `name = "psdn0"\ntype = "serial"\npath = "p"\nrole = "${role}"\n[link.packet]\nrole = "${packetRole}"`,
        },
        reject,
      ),
    );
  expect(problemsWith('dte', 'dce')).toEqual([]);
  expect(problemsWith('dce', 'dte')).toHaveLength(1);
  expect(problemsWith('dce', 'auto')).toHaveLength(1);
});

describe('a tariff', () => {
  const LINK = 'name = "psdn0"\ntype = "serial"\npath = "/dev/ttyUSB0"';
  const PRICE = 'allowed: a price: a number from 0 to 1000000';
  const WINDOW =
    'allowed: times of the day or the week such as "22:00-06:00", "Mo-Fr 22:00-06:00", "Sa-Su" or "Mo,We 12:00-13:30"';

  test.each([
    [LINK],
    ['name = "psdn0"\ntype = "modem"\npath = "/dev/ttyUSB0"\ndial = "1"'],
    ['name = "psdn0"\ntype = "pad"\npath = "/dev/ttyUSB0"'],
    ['name = "psdn0"\ntype = "xot"\nrouters = [{ nua = "*", to = "10.1.1.1" }]'],
  ])('on any kind of link: %j', (link) => {
    const tariff = `call = 0.05\nminute = 0.10\nincrement = "60s"\nsegment = 0.002\ncurrency = "EUR"
timezone = "Europe/Berlin"\nwindows = [{ at = "Mo-Fr 22:00-06:00", factor = 0.5 }]`;
    const result = parseConfiguration(tomlOf({ link: `${link}\n[link.tariff]\n${tariff}` }), 'gw.toml');
    expect(result.ok && result.configuration.links[0]?.tariff).toMatchObject({
      call: 0.05,
      minute: 0.1,
      incrementMs: 60_000,
      segment: 0.002,
      currency: 'EUR',
      zone: { name: 'Europe/Berlin' },
      windows: [{ at: { text: 'Mo-Fr 22:00-06:00' }, factor: 0.5 }],
    });
  });

  test.each([
    ['', 'tariff: nothing has a price; needed: call, minute or segment'],
    ['call = "0.05"', `tariff.call: found "0.05"; ${PRICE}`],
    ['call = -1', `tariff.call: found -1; ${PRICE}`],
    ['segment = inf', `tariff.segment: found Infinity; ${PRICE}`],
    ['call = 1\nincrement = "6s"', 'tariff.increment: allowed only with minute, the price of a minute'],
    [
      'minute = 1\nincrement = "0s"',
      'tariff.increment: found "0s"; allowed: a time with its unit (ms, s, m, h, d) from "1s" to "1h"',
    ],
    [
      'call = 1\ntimezone = "Berlin"',
      'tariff.timezone: found "Berlin"; allowed: a time zone such as "Europe/Berlin" or "UTC"',
    ],
    ['call = 1\nwindows = [{ at = "22-06", factor = 1 }]', `tariff.windows[0].at: found "22-06"; ${WINDOW}`],
    [
      'call = 1\nwindows = [{ at = "Sa" }]',
      'tariff.windows[0].factor: missing; needed: a factor, such as 0.5: a number from 0 to 100',
    ],
    ['call = 1\ncurrency = "€"', 'tariff.currency: found "€"; allowed: up to 8 letters, such as "EUR"'],
    [
      'call = 1\nhour = 1',
      'tariff.hour: unknown key; allowed: call, minute, increment, segment, windows, timezone, currency',
    ],
  ])('%j: %s', (tariff, message) => {
    expectProblem(`${LINK}\n[link.tariff]\n${tariff}`, message);
  });
});
