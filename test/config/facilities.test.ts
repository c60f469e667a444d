import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/index.js';
import { encodeFacilities, type Facilities } from '../../src/x25/index.js';
import { hex } from '../support/hex.js';
import { FILE, PARTS, problemsOf, tomlOf, warningsOf } from './parts.js';

const PAD = 'name = "psdn0"\ntype = "pad"\npath = "/dev/ttyUSB0"';

function withSet(keys: string): string {
  return tomlOf({ peer: `${PARTS.peer}\nfacilities = [{ ${keys} }]` });
}

function setOf(keys: string): Facilities | undefined {
  const result = parseConfiguration(withSet(keys), FILE);
  return result.ok ? result.configuration.peers[0]?.facilities[0] : undefined;
}

const both = (value: number): { fromCalled: number; fromCalling: number } => ({
  fromCalled: value,
  fromCalling: value,
});

describe('a facility set of a peer', () => {
  test.each<[string, Facilities, string]>([
    ['', {}, ''],
    ['packet_size = 512, window = 4', { packetSize: both(512), windowSize: both(4) }, '42 09 09 43 04 04'],
    [
      'packet_size = { send = 512, receive = 128 }',
      { packetSize: { fromCalled: 128, fromCalling: 512 } },
      '42 07 09',
    ],
    ['window = { send = 4, receive = 2 }', { windowSize: { fromCalled: 2, fromCalling: 4 } }, '43 02 04'],
    ['throughput = 9600', { throughput: both(9600) }, '02 AA'],
    [
      'throughput = { send = 2400, receive = 256000 }',
      { throughput: { fromCalled: 256_000, fromCalling: 2400 } },
      '4C 10 08',
    ],
    ['fast_select = "unrestricted"', { fastSelect: 'unrestricted' }, '01 80'],
    [
      'fast_select = "restricted", reverse_charging = true',
      { fastSelect: 'restricted', reverseCharging: true },
      '01 C1',
    ],
    ['reverse_charging = false', {}, ''],
    ['redirection = "prevented"', { redirectionControl: 'prevented' }, '01 10'],
    ['closed_user_group = "12"', { closedUserGroup: '12' }, '03 12'],
    ['closed_user_group = "0012"', { closedUserGroup: '0012' }, '47 00 12'],
    ['closed_user_group_outgoing = "07"', { closedUserGroupOutgoing: '07' }, '09 07'],
    ['bilateral_closed_user_group = "0003"', { bilateralClosedUserGroup: '0003' }, '41 00 03'],
    ['nui = "ABC1"', { userIdentification: hex('41 42 43 31') }, 'C6 04 41 42 43 31'],
    ['rpoa = "2342"', { transitNetworks: '2342' }, '44 23 42'],
    ['rpoa = ["2342"]', { transitNetworks: '2342' }, '44 23 42'],
    ['rpoa = ["2342", "2080"]', { transitNetworks: ['2342', '2080'] }, 'C4 04 23 42 20 80'],
    ['charging_information = true', { chargingRequested: true }, '04 01'],
    ['transit_delay = "200ms"', { transitDelay: 200 }, '49 00 C8'],
    [
      'called_address_extension = "4700a"',
      { calledAddressExtension: { use: 'nsap', digits: '4700A' } },
      '00 0F C9 04 05 47 00 A0',
    ],
    [
      'calling_address_extension = "other:12"',
      { callingAddressExtension: { use: 'other', digits: '12' } },
      '00 0F CB 02 82 12',
    ],
    [
      'called_address_extension = "part:12"',
      { calledAddressExtension: { use: 'partOfNsap', digits: '12' } },
      '00 0F C9 02 42 12',
    ],
    ['minimum_throughput = 1200', { minimumThroughput: both(1200) }, '00 0F 0A 77'],
    [
      'end_to_end_delay = "1s", end_to_end_delay_most = "2s"',
      { endToEndDelay: { cumulative: 0, wanted: 1000, acceptable: 2000 } },
      '00 0F CA 06 00 00 03 E8 07 D0',
    ],
    ['priority = 3', { priority: [3] }, '00 0F D2 01 03'],
    ['priority = [3, 4, 5]', { priority: [3, 4, 5] }, '00 0F D2 03 03 04 05'],
    ['protection = "8001"', { protection: hex('80 01') }, '00 0F D3 02 80 01'],
    ['expedited = false', { expedited: false }, '00 0F 0B 00'],
    ['raw = "8501020300ff0501"', { other: hex('85 01 02 03 00 FF 05 01') }, '85 01 02 03 00 FF 05 01'],
    ['raw = "01010312"', { reverseCharging: true, closedUserGroup: '12' }, '01 01 03 12'],
    [
      'window = 3, raw = "000Fd40143"',
      { windowSize: both(3), otherDte: hex('D4 01 43') },
      '43 03 03 00 0F D4 01 43',
    ],
  ])('{ %s }', (keys, facilities, octets) => {
    expect(problemsOf(withSet(keys))).toEqual([]);
    const set = setOf(keys);
    expect(set).toEqual(facilities);
    expect(encodeFacilities(set ?? {}, 8)).toEqual(hex(octets));
  });

  const GROUP = 'the index of a closed user group: two digits (basic) or four (extended)';
  const SPEEDS =
    'one of 75, 150, 300, 600, 1200, 2400, 4800, 9600, 19200, 48000, 64000, 128000, 192000 bit/s, or more by steps of 64000 up to 2048000';
  const EXTENSION = 'up to 40 hexadecimal digits of an NSAP, or "part:" or "other:" before them';
  const RAW = 'allowed: a facility field of X.25, without its length octet';
  test.each([
    [
      'packet_size = { send = 500, receive = 128 }',
      '.packet_size.send: found 500; allowed: one of 16, 32, 64, 128, 256, 512, 1024, 2048, 4096',
    ],
    [
      'packet_size = { send = 512 }',
      '.packet_size.receive: missing; needed: one of 16, 32, 64, 128, 256, 512, 1024, 2048, 4096',
    ],
    ['window = { sent = 4, receive = 4, send = 4 }', '.window.sent: unknown key; did you mean "send"?'],
    [
      'packet_size = { send = 2048, receive = 128 }',
      '.packet_size: found 2048; allowed on link "psdn0": up to its packet.max_size, 1024',
    ],
    ['throughput = 1000', `.throughput: found 1000; allowed: ${SPEEDS}`],
    ['throughput = "9600"', `.throughput: found "9600"; allowed: ${SPEEDS}`],
    ['fast_select = true', '.fast_select: found true; allowed: "unrestricted" or "restricted"'],
    ['reverse_charging = "yes"', '.reverse_charging: found "yes"; allowed: true or false'],
    ['redirection = "no"', '.redirection: found "no"; allowed: "prevented" or "allowed"'],
    ['closed_user_group = "123"', `.closed_user_group: found "123"; allowed: ${GROUP}`],
    ['closed_user_group = 12', `.closed_user_group: found 12; allowed: ${GROUP}; write it in quotes`],
    [
      'bilateral_closed_user_group = "12"',
      '.bilateral_closed_user_group: found "12"; allowed: the index of a closed user group: four digits',
    ],
    [
      'closed_user_group = "12", closed_user_group_outgoing = "12"',
      '.closed_user_group_outgoing: allowed only without closed_user_group: a call belongs to one group',
    ],
    [
      'closed_user_group = "12", bilateral_closed_user_group = "0012"',
      '.bilateral_closed_user_group: allowed only without closed_user_group: a call belongs to one group',
    ],
    ['nui = ""', '.nui: found ""; allowed: 1 to 64 printable characters'],
    ['nui = "é"', '.nui: found "é"; allowed: 1 to 64 printable characters'],
    ['rpoa = ["23421"]', '.rpoa[0]: found "23421"; allowed: four digits of a network, or a list of them'],
    ['rpoa = []', '.rpoa: found an empty list; allowed: four digits of a network, or a list of them'],
    ['charging_information = 1', '.charging_information: found 1; allowed: true or false'],
    [
      'transit_delay = 200',
      '.transit_delay: found 200; allowed: a time with its unit (ms, s, m, h, d) from "0ms" to "65534ms"; write it in quotes',
    ],
    [
      'transit_delay = "2m"',
      '.transit_delay: found "2m"; allowed: a time with its unit (ms, s, m, h, d) from "0ms" to "65534ms"',
    ],
    ['called_address_extension = "xyz"', `.called_address_extension: found "xyz"; allowed: ${EXTENSION}`],
    ['end_to_end_delay_most = "1s"', '.end_to_end_delay_most: allowed only with end_to_end_delay'],
    ['priority = 256', '.priority: found 256; allowed: a whole number from 0 to 255'],
    [
      'priority = [1, 2, 3, 4, 5, 6, 7]',
      '.priority: found a list; allowed: a priority from 0 to 255, or a list of up to six (of data, to gain, to keep, the least of each)',
    ],
    [
      'protection = "8"',
      '.protection: found "8"; allowed: at most 103 octets in hexadecimal, such as "c0f70000"',
    ],
    ['raw = "42"', `.raw: has a facility of a wrong length; ${RAW}`],
    ['raw = "4200"', `.raw: has a facility of a wrong length; ${RAW}`],
    ['raw = "031a"', `.raw: has a facility with a parameter that is not allowed; ${RAW}`],
    ['raw = "03120313"', `.raw: has a facility twice; ${RAW}`],
    ['raw = "000f0b02"', `.raw: has a wrong DTE facility behind 00 0F; ${RAW}`],
    [
      'reverse_charging = true, raw = "0180"',
      '.raw: holds a facility that another key of this set asks for as well; allowed: each once',
    ],
    [
      'closed_user_group = "12", raw = "470013"',
      '.raw: holds a facility that another key of this set asks for as well; allowed: each once',
    ],
    [
      'window = 2, raw = "430202"',
      '.raw: holds a facility that another key of this set asks for as well; allowed: each once',
    ],
    [`protection = "${'00'.repeat(103)}", nui = "1234"`, ': makes a field of 113 octets; allowed: up to 109'],
    [
      `protection = "${'00'.repeat(103)}", nui = "${'1'.repeat(64)}", raw = "F665${'00'.repeat(101)}"`,
      ': makes a field of 276 octets; allowed: up to 109',
    ],
    [
      'reverse_charge = true',
      '.reverse_charge: unknown key; allowed: packet_size, window, throughput, fast_select, reverse_charging, redirection, closed_user_group, closed_user_group_outgoing, bilateral_closed_user_group, nui, rpoa, charging_information, transit_delay, called_address_extension, calling_address_extension, minimum_throughput, end_to_end_delay, end_to_end_delay_most, priority, protection, expedited, raw',
    ],
  ])('{ %s } is refused', (keys, message) => {
    expect(problemsOf(withSet(keys))).toEqual([`peer "site-b" facilities[0]${message}`]);
  });
});

describe('call user data of more than 16 octets', () => {
  const userData = `call_user_data = "${'c0'.repeat(128)}"`;
  test('needs fast select in every set', () => {
    const peer = `${PARTS.peer}\n${userData}`;
    expect(problemsOf(tomlOf({ peer: `${peer}\nfacilities = [{ fast_select = "unrestricted" }]` }))).toEqual(
      [],
    );
    expect(
      problemsOf(tomlOf({ peer: `${peer}\nfacilities = [{ fast_select = "unrestricted" }, {}]` })),
    ).toEqual([
      'peer "site-b" call_user_data: found 128 octets; allowed: 16, more only with fast_select in each of facilities',
    ]);
  });

  test('is more than a PAD takes', () => {
    const peer = `${PARTS.peer}\ncall_user_data = "01000000${'41'.repeat(13)}"\nfacilities = [{ fast_select = "unrestricted" }]`;
    expect(problemsOf(tomlOf({ peer, link: PAD }))).toEqual([
      'peer "site-b" call_user_data: found 17 octets; allowed on link "psdn0": 16',
    ]);
  });
});

describe('warns of', () => {
  test('fast select that lets nobody accept', () => {
    expect(warningsOf(withSet('fast_select = "restricted"'))).toEqual([
      'peer "site-b" facilities[0].fast_select: a call with restricted fast select can not be accepted: no mail passes',
    ]);
  });

  test('what a PAD has no letter for', () => {
    const peer = `${PARTS.peer}\nfacilities = [{ throughput = 9600 }, { closed_user_group = "12", window = 2 }]`;
    expect(warningsOf(tomlOf({ peer, link: PAD }))).toContain(
      'peer "site-b" facilities[0]: can\'t be asked for on link "psdn0": a PAD has no letters for it',
    );
    expect(warningsOf(tomlOf({ peer, link: PAD })).join()).not.toContain('facilities[1]');
  });
});

describe('incoming rules', () => {
  function ruleOf(keys: string, link?: string): unknown {
    const result = parseConfiguration(
      tomlOf(link === undefined ? {} : { link }, `[[incoming]]\n${keys}`),
      FILE,
    );
    return result.ok ? result.configuration.incoming[0] : result.problems.map(({ message }) => message);
  }

  test('with closed user groups and a reversed charge', () => {
    expect(ruleOf('action = "engine"\ncug = "12"\nreverse_charging = true')).toMatchObject({
      closedUserGroups: ['12'],
      action: { reverseCharging: true },
    });
    expect(ruleOf('action = "engine"\ncug = ["12", "0034"]\nreverse_charging = false')).toMatchObject({
      closedUserGroups: ['12', '0034'],
    });
  });

  test('are not about facilities where a PAD takes the calls', () => {
    const why = 'not allowed on link "psdn0": a PAD shows no facilities of a call';
    expect(ruleOf('action = "engine"\nlink = "psdn0"\ncug = "12"\nreverse_charging = true', PAD)).toEqual([
      why,
      why,
    ]);
  });

  test('that reject one closed user group let all others past', () => {
    const rules = '[[incoming]]\naction = "reject"\ncug = "12"\n[[incoming]]\naction = "engine"';
    expect(warningsOf(tomlOf({}, rules))).toEqual([]);
  });
});
