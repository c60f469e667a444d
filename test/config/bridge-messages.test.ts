import { describe, expect, test } from 'vitest';
import { problemsOf, tomlOf } from './parts.js';

const GATEWAY = 'hostname = "a"\nnua = "1"\ncaller_network = "fd25::/64"';
const SERVER = 'allowed: a host and a port, such as "127.0.0.1:25"';

describe('a rule that bridges', () => {
  const rule = (keys: string): string => `[[incoming]]\naction = "bridge"\n${keys}`;
  const SMTP = 'smtp = "127.0.0.1:25"';

  test.each([
    SMTP,
    'smtp = "[::1]:25"',
    `${SMTP}\nidentify = "proxy"\nmax_circuits = 2`,
    `${SMTP}\nrelay = true\ncalling = "1*"`,
    `${SMTP}\nidentify = "none"\nrelay = true\ncalling = "1*"`,
  ])('with nothing wrong: %j', (keys) => {
    expect(problemsOf(tomlOf({ gateway: GATEWAY }, rule(keys)))).toEqual([]);
  });

  test.each([
    ['', 'smtp: missing; needed: a host and a port, such as "127.0.0.1:25"'],
    ['smtp = "127.0.0.1"', `smtp: found "127.0.0.1"; ${SERVER}`],
    ['smtp = "127.0.0.1:0"', `smtp: found "127.0.0.1:0"; ${SERVER}`],
    ['smtp = 25', `smtp: found 25; ${SERVER}; write it in quotes`],
    [`${SMTP}\nidentify = "XCLIENT"`, 'identify: found "XCLIENT"; allowed: "xclient" or "proxy" or "none"'],
    [
      `${SMTP}\nidentify = "none"`,
      'identify: found "none"; allowed only with relay = true: the mail server would take every caller for this machine',
    ],
    [`${SMTP}\ncause = 0`, 'cause: allowed only with action = "reject"'],
    [`${SMTP}\nto = "site-b"`, 'to: not supported by this version'],
    [`${SMTP}\nmax_circuits = 0`, 'max_circuits: found 0; allowed: a whole number from 1 to 4095'],
  ])('%j: %s', (keys, message) => {
    expect(problemsOf(tomlOf({ gateway: GATEWAY }, rule(keys)))).toEqual([`incoming[0].${message}`]);
  });

  test.each([
    ['engine', 'smtp = "a:25"', 'smtp'],
    ['engine', 'identify = "xclient"', 'identify'],
    ['reject', 'smtp = "a:25"', 'smtp'],
    ['reject', 'identify = "none"', 'identify'],
  ])('an action %j with %j', (action, keys, key) => {
    expect(problemsOf(tomlOf({}, `[[incoming]]\naction = "${action}"\n${keys}`))).toEqual([
      `incoming[0].${key}: allowed only with action = "bridge"`,
    ]);
  });

  test.each([
    ['', '"xclient"'],
    ['identify = "xclient"', '"xclient"'],
    ['identify = "proxy"', '"proxy"'],
  ])('%j without a network for its callers', (keys, word) => {
    expect(problemsOf(tomlOf({}, rule(`${SMTP}\n${keys}`)))).toEqual([
      `incoming[0].identify: ${word} needs caller_network in [gateway], such as "fd25::/64": the addresses that callers get`,
    ]);
  });

  test('does not miss a network that is written and wrong', () => {
    const gateway = 'hostname = "a"\nnua = "1"\ncaller_network = "fd25::"';
    expect(problemsOf(tomlOf({ gateway }, rule(SMTP)))).toEqual([
      'gateway.caller_network: found "fd25::"; allowed: an IPv6 network of 64 bits, such as "fd25::/64"',
    ]);
  });
});

describe('relay = true', () => {
  const XOT = '[[link]]\nname = "wan"\ntype = "xot"\nlisten = "127.0.0.1"';
  const ANSWERS = '[[link]]\nname = "in"\ntype = "modem"\npath = "/dev/ttyS1"\nanswer = 1';
  const DIALS = '[[link]]\nname = "out"\ntype = "modem"\npath = "/dev/ttyS2"\ndial = "1"\nanswer = 1';
  const PAD = '[[link]]\nname = "pad0"\ntype = "pad"\npath = "/dev/ttyS3"';
  const WHERE = 'found true; allowed only where the network vouches for the calling number';
  const UNVERIFIED = `${XOT}\nverify_calling = false`;
  const XOT_REASON = `${WHERE}: on link "wan" anyone can write any number, since verify_calling is false`;

  const problemsWith = (link: string, keys: string, action = 'action = "engine"'): string[] =>
    problemsOf(
      tomlOf({ gateway: GATEWAY }, `${link}\n[[incoming]]\ncalling = "1*"\nrelay = true\n${action}\n${keys}`),
    );

  test.each([
    [XOT, 'link = "wan"', []],
    [XOT, '', []],
    [UNVERIFIED, 'link = "wan"', [`incoming[0].relay: ${XOT_REASON}`]],
    [UNVERIFIED, '', [`incoming[0].relay: ${XOT_REASON}; name the link that it is for in link`]],
    [UNVERIFIED, 'link = "psdn0"', []],
    [
      ANSWERS,
      'link = "in"',
      [`incoming[0].relay: ${WHERE}: on link "in" whoever dials in can give any number`],
    ],
    // On the connections that we have dialled; the gateway knows which those are.
    [DIALS, 'link = "out"', []],
    [PAD, 'link = "pad0"', []],
    [PAD, '', []],
  ])('with %j and %j: %j', (link, keys, messages) => {
    expect(problemsWith(link, keys)).toEqual(messages);
  });

  test('is no better in a rule that bridges', () => {
    const action = 'action = "bridge"\nsmtp = "127.0.0.1:25"\nidentify = "none"';
    expect(problemsWith(UNVERIFIED, 'link = "wan"', action)).toEqual([`incoming[0].relay: ${XOT_REASON}`]);
  });

  test('is not for callers without a number where numbers are verified', () => {
    const keys = '[[incoming]]\ncalling = ""\nrelay = true\naction = "engine"\nlink = "wan"';
    expect(problemsOf(tomlOf({ gateway: GATEWAY }, `${XOT}\n${keys}`))).toEqual([
      'incoming[0].relay: found true; allowed only for callers with a number: on link "wan" it is all that can be verified',
    ]);
  });
});

describe('[[bridge]]', () => {
  const LISTEN = 'listen = "127.0.0.1:2601"';
  const ADDRESS = 'allowed: an address and a port, such as "127.0.0.1:2525" or "[::1]:2525"';
  test.each([
    [`${LISTEN}\npeer = "site-b"`, []],
    [
      'peer = "site-b"',
      ['bridge[0].listen: missing; needed: an address and a port, such as "127.0.0.1:2525" or "[::1]:2525"'],
    ],
    ['listen = "127.0.0.1"\npeer = "site-b"', [`bridge "127.0.0.1" listen: found "127.0.0.1"; ${ADDRESS}`]],
    [
      LISTEN,
      ['bridge "127.0.0.1:2601" peer: missing; needed: up to 32 letters, digits, spaces, ".", "_" and "-"'],
    ],
    [`${LISTEN}\npeer = "site-c"`, ['bridge "127.0.0.1:2601" peer: found "site-c"; allowed: "site-b"']],
    [
      `${LISTEN}\npeer = "site-b"\nallow = []`,
      ['bridge "127.0.0.1:2601" allow: found an empty list; allowed: a list of networks, at least one'],
    ],
    [
      `${LISTEN}\npeer = "site-b"\nallow = ["localhost"]`,
      [
        'bridge "127.0.0.1:2601" allow[0]: found "localhost"; allowed: a network such as "10.0.0.0/8" or "fd25::/64", or one address',
      ],
    ],
    [
      `${LISTEN}\npeer = "site-b"\nmax_circuits = 2`,
      ['bridge "127.0.0.1:2601" max_circuits: unknown key; allowed: listen, allow, peer'],
    ],
  ])('%j: %j', (keys, messages) => {
    expect(problemsOf(tomlOf({}, `[[bridge]]\n${keys}`))).toEqual(messages);
  });
});

describe('two that listen on the same address', () => {
  const smtp = (...addresses: string[]): string => `[listen]\nsmtp = ${JSON.stringify(addresses)}\n`;
  const bridge = (address: string): string => `[[bridge]]\nlisten = "${address}"\npeer = "site-b"\n`;
  const xot = (address: string): string => `[[link]]\nname = "wan"\ntype = "xot"\nlisten = "${address}"\n`;

  test.each([
    [
      smtp('127.0.0.1:2525', '127.0.0.1:2525'),
      'listen.smtp[1]: found "127.0.0.1:2525"; allowed: another address than that of listen.smtp[0]',
    ],
    [
      smtp('0.0.0.0:2601') + bridge('127.0.0.1:2601'),
      'bridge "127.0.0.1:2601" listen: found "127.0.0.1:2601"; allowed: another address than that of listen.smtp[0]',
    ],
    [
      bridge('127.0.0.1:2601') + bridge('0.0.0.0:2601'),
      'bridge "0.0.0.0:2601" listen: found "0.0.0.0:2601"; allowed: another address than that of bridge "127.0.0.1:2601" listen',
    ],
    [
      xot('10.0.0.1') + bridge('[::]:1998'),
      'bridge "[::]:1998" listen: found "[::]:1998"; allowed: another address than that of link "wan" listen',
    ],
    [
      smtp('MAIL.test:25', 'mail.test:25'),
      'listen.smtp[1]: found "mail.test:25"; allowed: another address than that of listen.smtp[0]',
    ],
  ])('%j: %s', (extra, message) => {
    expect(problemsOf(tomlOf({}, extra))).toEqual([message]);
  });

  test.each([
    smtp('127.0.0.1:2525', '[::1]:2525', '127.0.0.1:2526', '10.0.0.1:2525'),
    smtp('127.0.0.1:0', '127.0.0.1:0') + bridge('127.0.0.1:0'),
    smtp('0.0.0.0:2525', '[::1]:2525'),
    smtp('127.0.0.1:1997') + xot('127.0.0.1'),
  ])('but not %j', (extra) => {
    expect(problemsOf(tomlOf({}, extra))).toEqual([]);
  });

  test('are found also where one has another fault', () => {
    expect(problemsOf(tomlOf({}, `${smtp('[::1]:2601')}[[bridge]]\nlisten = "[::1]:2601"`))).toEqual([
      'bridge "[::1]:2601" peer: missing; needed: up to 32 letters, digits, spaces, ".", "_" and "-"',
      'bridge "[::1]:2601" listen: found "[::1]:2601"; allowed: another address than that of listen.smtp[0]',
    ]);
  });
});
