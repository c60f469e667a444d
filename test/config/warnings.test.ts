import { describe, expect, test } from 'vitest';
import { tomlOf, warningsOf } from './parts.js';

const LINK = 'name = "psdn0"\ntype = "serial"\npath = "/dev/ttyUSB0"';
const PEER = 'name = "site-b"\nnua = "26245300040"\nlink = "psdn0"';
const SITE_C = '[[peer]]\nname = "site-c"\nlink = "psdn0"';

test('a file with nothing wrong has none', () => {
  expect(warningsOf(tomlOf())).toEqual([]);
});

test('a console that others can reach', () => {
  const http = (address: string) => warningsOf(tomlOf({}, `[console]\nhttp = "${address}"`));
  expect(http('127.0.0.1:8025')).toEqual([]);
  expect(http('10.1.1.1:8025')).toEqual([
    'console.http: 10.1.1.1 can be reached from elsewhere: whoever does may read who is called and what waits',
  ]);
});

describe('links', () => {
  test.each([
    [
      `${LINK}\nbaud = 2400\n[link.packet]\nmax_size = 256`,
      [], // long, not too long
    ],
    [
      `${LINK}\nbaud = 1200`,
      [
        'link "psdn0" lapb: T1 comes to "80.2s" at 1200 bit/s: a smaller packet.max_size or lapb.window makes it shorter',
      ],
    ],
    [
      `${LINK}\n[link.lapb]\nt1 = "2s"`,
      [
        'link "psdn0" lapb.t1: is short for 9600 bit/s, packets of 1024 and a window of 7: ' +
          'below "11.1s" an answer that is only slow counts as lost',
      ],
    ],
    [
      `${LINK}\n[link.lapb]\nt1 = "1s"`,
      [
        'link "psdn0" lapb.t1: is short for 9600 bit/s, packets of 1024 and a window of 7: ' +
          'below "11.1s" an answer that is only slow counts as lost (Linux acknowledges after 1s)',
      ],
    ],
    [`${LINK}\n[link.lapb]\nmodulo = 128\nwindow = 127`, []],
    [`${LINK}\ncarrier = "watch"`, []],
    [
      `${LINK}\nfcs = "none"`,
      [
        'link "psdn0" fcs: is "none" on a line of this machine: what the line damages goes unnoticed and ends up in mail',
      ],
    ],
    ['name = "psdn0"\ntype = "serial"\npath = "tcp://server:7001"\nfcs = "none"', []],
    [
      `${LINK}\n[link.packet]\nchannels = { incoming = "1-4" }`,
      ['link "psdn0" packet.channels: a DTE can\'t call on them, and peers are on this link'],
    ],
    [
      `${LINK}\nrole = "dce"\n[link.packet]\nchannels = { outgoing = "1-4" }`,
      ['link "psdn0" packet.channels: a DCE can\'t call on them, and peers are on this link'],
    ],
    [
      `${LINK}\n[link.packet.timers]\nt21 = "90s"`,
      ['peer "site-b" timers.call_accept: never runs out: T21 of link "psdn0" clears the call after 90s'],
    ],
    [`${LINK}\n[link.packet.timers]\nt21 = "0s"`, []],
    [`${LINK}\nnua = "26245300040"`, ['peer "site-b" nua: is our own number on link "psdn0"']],
  ])('%j: %j', (link, warnings) => {
    expect(warningsOf(tomlOf({ link }))).toEqual(warnings);
  });

  const UNUSED = '[[link]]\nname = "spare"\ntype = "serial"\npath = "/dev/ttyS1"';
  test.each([
    ['', ['link "spare": no peer and no incoming rule uses it: every call on it is refused']],
    [
      '[[incoming]]\naction = "reject"\nlink = "spare"',
      ['link "spare": no peer and no incoming rule uses it: every call on it is refused'],
    ],
    ['[[incoming]]\naction = "engine"\nlink = "spare"', []],
    [
      '[[route]]\ndomain = "n.test"\nnua = "12"\nlink = "spare"',
      ['route "n.test": is never reached: the route "*" stands before it'],
    ],
    ['[[incoming]]\naction = "engine"', []],
  ])('that nobody uses, with %j: %j', (rule, warnings) => {
    expect(warningsOf(tomlOf({}, `${UNUSED}\n${rule}`))).toEqual(warnings);
  });
});

describe('links of other kinds', () => {
  const MODEM = 'name = "psdn0"\ntype = "modem"\npath = "/dev/ttyUSB0"';
  const PAD = 'name = "psdn0"\ntype = "pad"\npath = "/dev/ttyUSB0"';
  const XOT = 'name = "psdn0"\ntype = "xot"';
  const CALLS = 'routers = [{ nua = "2*", to = "10.1.1.1" }]';
  test.each([
    [`${MODEM}\ndial = "1"`, []],
    [`${MODEM}\nanswer = 1\ncalls_on_answered = true`, []],
    [
      `${MODEM}\nanswer = 1`,
      [
        'peer "site-b" link: can\'t be called on link "psdn0": it never dials, and calls_on_answered is false',
      ],
    ],
    [
      `${MODEM}\ndial = "1"\n[link.modem]\nguard = "1s"`,
      [
        'link "psdn0" modem.guard: is not longer than the guard time of the modem, "1s": it would not take the escape sequence',
      ],
    ],
    [
      `${MODEM}\ndial = "1"\n[link.lapb]\nt1 = "2s"`,
      [
        'link "psdn0" lapb.t1: is short for 9600 bit/s, packets of 1024 and a window of 7: ' +
          'below "11.1s" an answer that is only slow counts as lost',
      ],
    ],
    [
      // Who answers is the DCE: it calls on the channels that are incoming to the DTE.
      `${MODEM}\nanswer = 1\ncalls_on_answered = true\npacket = { channels = { outgoing = "1-4" } }`,
      ['link "psdn0" packet.channels: a DCE can\'t call on them, and peers are on this link'],
    ],
    [PAD, []],
    [
      `${PAD}\ntimers = { call = "50s" }`,
      [
        'peer "site-b" timers.call_accept: never runs out: timers.call of link "psdn0" clears the call after 50s',
      ],
    ],
    [`${XOT}\n${CALLS}`, []],
    [`${XOT}\nlisten = "127.0.0.1"\nallow = ["127.0.0.1"]\n${CALLS}`, []],
    [
      `${XOT}\nlisten = "127.0.0.1"`,
      [
        'link "psdn0" listen: nobody may connect to it: neither allow nor routers',
        'peer "site-b" link: can\'t be called on link "psdn0": it has no router for 26245300040',
      ],
    ],
    [
      `${XOT}\nlisten = "127.0.0.1"\nverify_calling = false\nrouters = [{ nua = "*", to = "r.example" }]`,
      ['link "psdn0" listen: nobody may connect to it: no allow, and no router is given by its address'],
    ],
    [
      `${XOT}\nlisten = "127.0.0.1"\nallow = ["127.0.0.1"]`,
      [
        'link "psdn0" verify_calling: no routers, by which a number could be verified: every call that has one is refused',
        'peer "site-b" link: can\'t be called on link "psdn0": it has no router for 26245300040',
      ],
    ],
    [`${XOT}\nlisten = "0.0.0.0"\nallow = ["0.0.0.0/0"]\n${CALLS}`, []],
    [
      `${XOT}\nlisten = "0.0.0.0"\nverify_calling = false\nallow = ["10.0.0.0/8", "0.0.0.0/0"]\n${CALLS}`,
      [
        'link "psdn0" allow: holds every address, and others than this machine reach it: anyone may call, by any number',
      ],
    ],
    [`${XOT}\nlisten = "127.0.0.1"\nallow = ["0.0.0.0/0"]\n${CALLS}`, []],
    [
      `${XOT}\nrouters = [{ nua = "3*", to = "10.1.1.1" }]`,
      ['peer "site-b" link: can\'t be called on link "psdn0": it has no router for 26245300040'],
    ],
    [
      `${XOT}\nrouters = [{ nua = "*", to = "10.1.1.1" }, { nua = "2*", to = "10.1.1.2" }]`,
      ['link "psdn0" routers[1]: is never reached: the router for "*" stands before it'],
    ],
    [`${XOT}\nmax_circuits = 1\n${CALLS}`, []],
  ])('%j: %j', (link, warnings) => {
    expect(warningsOf(tomlOf({ link }))).toEqual(warnings);
  });

  test('the prefix of a link is no part of the number that a router serves', () => {
    const link = `${XOT}\n${CALLS}\n[link.address]\nprefix = { international = "0" }`;
    expect(warningsOf(tomlOf({ link }))).toEqual([]);
  });

  test('a peer that is never called needs no way to be called', () => {
    const route = 'domain = "*"\nsmtp = "127.0.0.1:25"';
    expect(warningsOf(tomlOf({ link: `${MODEM}\nanswer = 1`, route }))).toEqual([]);
    const bridge = '[[bridge]]\nlisten = "127.0.0.1:2601"\npeer = "site-b"';
    expect(warningsOf(tomlOf({ link: `${MODEM}\nanswer = 1`, route }, bridge))).toHaveLength(1);
  });

  test.each([
    ['calls = { max_circuits = 2 }', PAD, 1],
    ['calls = { max_circuits = 5 }', `${XOT}\nmax_circuits = 4\n${CALLS}`, 4],
  ])('with %j on %j', (calls, link, channels) => {
    const asked = /\d+/.exec(calls)?.[0];
    expect(warningsOf(tomlOf({ link, peer: `${PEER}\n${calls}` }))).toEqual([
      `peer "site-b" calls.max_circuits: ${asked} is more than its links have channels to call on, ${channels}`,
    ]);
  });

  test('what a PAD can not ask for', () => {
    const peer = `${PEER}\nfacilities = [{ window = 4 }, {}]`;
    expect(warningsOf(tomlOf({ link: PAD, peer }))).toEqual([
      'peer "site-b" facilities: has no effect: a PAD can ask for neither packet nor window size',
    ]);
    const line = '[[link]]\nname = "line"\ntype = "serial"\npath = "/dev/ttyS1"';
    const onBoth = peer.replace('"psdn0"', '["psdn0", "line"]');
    expect(warningsOf(tomlOf({ link: PAD, peer: onBoth }, line))).toEqual([]);
  });

  const UNUSED = [
    '[[link]]\nname = "spare"\ntype = "modem"\npath = "/dev/ttyS1"\ndial = "1"',
    '[[link]]\nname = "spare"\ntype = "pad"\npath = "/dev/ttyS1"',
    '[[link]]\nname = "spare"\ntype = "xot"\nrouters = [{ nua = "*", to = "10.1.1.1" }]',
  ];
  const NOBODY = 'link "spare": no peer and no incoming rule uses it: every call on it is refused';
  test.each(UNUSED)('that nobody uses: %j', (link) => {
    expect(warningsOf(tomlOf({}, link))).toEqual([NOBODY]);
    expect(warningsOf(tomlOf({}, `${link}\n[[incoming]]\naction = "engine"\nlink = "spare"`))).toEqual([]);
  });

  test('a PAD whose calls the rules do not take', () => {
    const pad = UNUSED[1] ?? '';
    expect(warningsOf(tomlOf({}, `${pad}\n[[incoming]]\naction = "engine"`))).toEqual([NOBODY]);
    const all = '[[incoming]]\naction = "engine"\ncall_user_data = ""';
    expect(warningsOf(tomlOf({}, `${pad}\n${all}`))).toEqual([]);
  });
});

describe('bridges', () => {
  const bridge = (listen: string, allow: string): string =>
    `[[bridge]]\nlisten = "${listen}"\nallow = ["${allow}"]\npeer = "site-b"`;
  const OPEN =
    'allow: holds every address, and others than this machine reach it: whoever does calls at our cost';
  test.each([
    [bridge('0.0.0.0:2601', '0.0.0.0/0'), [`bridge "0.0.0.0:2601" ${OPEN}`]],
    [bridge('[fd00::1]:2601', '::/0'), [`bridge "[fd00::1]:2601" ${OPEN}`]],
    [bridge('127.0.0.1:2601', '0.0.0.0/0'), []],
    [bridge('localhost:2601', '0.0.0.0/0'), []],
    [bridge('0.0.0.0:2601', '10.0.0.0/8'), []],
  ])('%j: %j', (extra, warnings) => {
    expect(warningsOf(tomlOf({}, extra))).toEqual(warnings);
  });

  const GATEWAY = 'hostname = "gw-a.example"\nnua = "1"\ncaller_network = "fd25::/64"';
  const rule = (keys: string): string => `[[incoming]]\nname = "r"\naction = "bridge"\n${keys}\n`;
  test.each([
    [rule('smtp = "127.0.0.1:25"'), []],
    [
      rule('smtp = "127.0.0.1:2601"') + bridge('0.0.0.0:2601', '127.0.0.0/8'),
      ['incoming "r" smtp: is where we listen (0.0.0.0:2601): the call would come back to us'],
    ],
    [
      `${rule('smtp = "localhost:2525"')}[listen]\nsmtp = ["localhost:2525"]\n[relay]\nnetworks = ["127.0.0.0/8"]`,
      ['incoming "r" smtp: is where we listen (localhost:2525): the call would come back to us'],
    ],
    [
      rule('smtp = "127.0.0.1:25"\nrelay = true'),
      ['incoming "r" relay: every caller may send anywhere: name who may in calling'],
    ],
  ])('%j: %j', (extra, warnings) => {
    expect(warningsOf(tomlOf({ gateway: GATEWAY }, extra))).toEqual(warnings);
  });

  test('alone need no routes: no mail comes into the queue', () => {
    const base = `[gateway]\n${GATEWAY}\n[[link]]\n${LINK}\n[[peer]]\n${PEER}\n`;
    const bridged = `${base}${rule('smtp = "127.0.0.1:25"')}`;
    const shut = '[[incoming]]\naction = "reject"';
    expect(warningsOf(`${bridged}${shut}`)).toEqual([]);
    const missing = [
      expect.stringContaining('gateway.postmaster'),
      'route: no route for "*": mail for all other domains is refused with 550 5.1.2',
    ];
    expect(warningsOf(bridged)).toEqual(expect.arrayContaining(missing)); // the peer may call the engine
    expect(warningsOf(`${bridged}${shut}\n[listen]\nsmtp = ["127.0.0.1:2525"]`)).toEqual(
      expect.arrayContaining(missing),
    );
  });
});

describe('peers', () => {
  test.each([
    [
      `${PEER}\ncalls = { max_circuits = 17 }`,
      '',
      ['peer "site-b" calls.max_circuits: 17 is more than its links have channels to call on, 16'],
    ],
    [
      PEER,
      `${SITE_C}\nnua = "26245300040"`,
      ['peer "site-c": its callers are taken for peer "site-b", which has the same number'],
    ],
    [
      PEER,
      `${SITE_C}\nnua = "7"\ncalling = ["7", "26245300040"]`,
      ['peer "site-c": its callers are taken for peer "site-b", which has the same number'],
    ],
    [PEER, `${SITE_C}\nnua = "7"`, []],
    [
      `${PEER}\ntls = "may"`,
      '',
      ['peer "site-b" tls: counts for our calls only: without [listen.tls] its calls come in the clear'],
    ],
    [`${PEER}\nusers = "b"`, '', ['peer "site-b" users: nobody can log in: there is no [auth]']],
    [
      `${PEER}\nfetch = "atrn"`,
      '',
      ['peer "site-b" fetch: what comes would be refused: relay.domains is empty'],
    ],
    [
      `${PEER}\nfetch = "etrn"\nfetch_domains = ["a.test", "b.test"]`,
      '[relay]\ndomains = ["a.test"]',
      [
        'peer "site-b" fetch_domains[1]: b.test is not among relay.domains: its mail would come, be refused and be returned',
      ],
    ],
  ])('%j and %j: %j', (peer, extra, warnings) => {
    expect(warningsOf(tomlOf({ peer }, extra))).toEqual(warnings);
  });
});

describe('routes', () => {
  const OURS = '[listen]\nsmtp = ["0.0.0.0:2525", "mail.test:26"]\n[relay]\nnetworks = ["127.0.0.0/8"]';
  test.each([
    [
      'domain = "x.test"\npeer = "site-b"\n[[route]]\ndomain = "gw-a.example"\npeer = "site-b"',
      '',
      ['route: no route for "*": mail for all other domains is refused with 550 5.1.2'],
    ],
    [
      'domain = "*"\nfetched_by = "anna"',
      '',
      ['route "*" fetched_by: nobody can log in to fetch it: there is no [auth]'],
    ],
    [
      'domain = "*"\npeer = "site-b"\n[[route]]\ndomain = "x.test"\npeer = "site-b"',
      '',
      ['route "x.test": is never reached: the route "*" stands before it'],
    ],
    [
      'domain = "*"\nsmtp = "127.0.0.1:2525"',
      OURS,
      ['route "*" smtp: is where we listen (0.0.0.0:2525): mail would go in circles'],
    ],
    [
      'domain = "*"\nsmtp = "localhost:2525"',
      OURS,
      ['route "*" smtp: is where we listen (0.0.0.0:2525): mail would go in circles'],
    ],
    [
      'domain = "*"\nsmtp = "MAIL.test:26"',
      OURS,
      ['route "*" smtp: is where we listen (mail.test:26): mail would go in circles'],
    ],
    ['domain = "*"\nsmtp = "127.0.0.1:25"', OURS, []],
    ['domain = "*"\nsmtp = "10.0.0.1:2525"', OURS, []],
    ['domain = "*"\nsmtp = "$1:2525"', OURS, []],
  ])('%j: %j', (route, extra, warnings) => {
    expect(warningsOf(tomlOf({ route }, extra))).toEqual(warnings);
  });
});

describe('who may send', () => {
  const LISTEN = '[listen]\nsmtp = ["127.0.0.1:2525"]';
  test.each([
    [LISTEN, ['relay: no networks and no domains: nobody may send anything by listen.smtp']],
    [`${LISTEN}\n[relay]\ndomains = ["x.test"]`, []],
    [
      `${LISTEN}\n[relay]\nnetworks = ["::/0"]`,
      [
        'relay.networks: holds every address: an open relay, which strangers will find and which pays for their mail',
      ],
    ],
    [
      '[[incoming]]\naction = "engine"\nrelay = true\nlink = "psdn0"',
      ['incoming[0].relay: every caller may send anywhere: name who may in calling'],
    ],
    [
      '[[incoming]]\naction = "engine"\nrelay = true\ncalling = "*"',
      ['incoming[0].relay: every caller may send anywhere: name who may in calling'],
    ],
    [
      '[[incoming]]\naction = "engine"\nrelay = true\ncalling = ""',
      ['incoming[0].relay: every caller may send anywhere: name who may in calling'],
    ],
    ['[[incoming]]\naction = "engine"\nrelay = true\ncalling = "2*"', []],
    [
      '[[incoming]]\nname = "shut"\naction = "reject"\n[[incoming]]\naction = "engine"',
      ['incoming[1]: is never reached: rule shut fits every call'],
    ],
    ['[[incoming]]\nname = "shut"\naction = "reject"\ncalling = "*"\n[[incoming]]\naction = "engine"', []],
  ])('%j: %j', (extra, warnings) => {
    expect(warningsOf(tomlOf({}, extra))).toEqual(warnings);
  });
});

test('a link on which numbers are to be called, and can not', () => {
  const spare =
    '[[link]]\nname = "spare"\ntype = "serial"\npath = "/dev/ttyS1"\n[link.packet]\nchannels = { incoming = "1-4" }';
  const route = 'domain = "n.test"\nnua = "12"\nlink = "spare"\n[[route]]\ndomain = "*"\npeer = "site-b"';
  expect(warningsOf(tomlOf({ route }, spare))).toEqual([
    'link "spare" packet.channels: a DTE can\'t call on them, and routes lead there',
  ]);
});

test('mail to postmaster that would come back to us', () => {
  const mx = 'domain = "*"\nmx = true';
  expect(warningsOf(tomlOf({ gateway: 'hostname = "GW-a.example"\nnua = "1"', route: mx }))).toEqual([
    'gateway.postmaster: postmaster@GW-a.example is at our own host, and its route is mx: mail to postmaster would come back, and is refused',
  ]);
  const gateway = 'hostname = "gw-a.example"\nnua = "1"\npostmaster = "root@x.test"';
  expect(warningsOf(tomlOf({ gateway, route: mx }))).toEqual([]);
});

describe('mail without a way', () => {
  const route = 'domain = "x.test"\npeer = "site-b"\n[[route]]\ndomain = "*"\nerror = "5.1.2 no"';
  test.each([
    ['', ['gateway.postmaster: postmaster@gw-a.example has no route: mail to postmaster is refused']],
    ['postmaster = "root@x.test"', []],
    [
      'postmaster = "root@x.test"\n[relay]\ndomains = ["x.test", "y.test", "*.z.test"]',
      ['relay.domains[1]: y.test has no route: its mail is refused'],
    ],
  ])('%j: %j', (more, warnings) => {
    const gateway = `hostname = "gw-a.example"\nnua = "1"\n${more}`;
    expect(warningsOf(tomlOf({ gateway, route }))).toEqual(warnings);
  });
});

test('a queue that gives up before it tries again', () => {
  expect(warningsOf(tomlOf({}, '[queue]\nretry = ["1h"]\nmax_age = "1h"'))).toEqual([
    'queue.max_age: is over before the first of queue.retry: mail is tried once and returned',
  ]);
});
