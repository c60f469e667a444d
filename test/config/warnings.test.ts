import { describe, expect, test } from 'vitest';
import { tomlOf, warningsOf } from './parts.js';

const LINK = 'name = "psdn0"\ntype = "serial"\npath = "/dev/ttyUSB0"';
const PEER = 'name = "site-b"\nnua = "26245300040"\nlink = "psdn0"';
const SITE_C = '[[peer]]\nname = "site-c"\nlink = "psdn0"';

test('a file with nothing wrong has none', () => {
  expect(warningsOf(tomlOf())).toEqual([]);
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
    ['[[incoming]]\naction = "engine"', []],
  ])('that nobody uses, with %j: %j', (rule, warnings) => {
    expect(warningsOf(tomlOf({}, `${UNUSED}\n${rule}`))).toEqual(warnings);
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
