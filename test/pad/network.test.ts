import { beforeEach, describe, expect, test } from 'vitest';
import type { Clearing } from '../../src/pad/index.js';
import { CallWatch, RecordedEnd, type Recorder } from '../circuit/recorder.js';
import { hex } from '../support/hex.js';
import { HOST_NUA, PAD_NUA, type PadSite, type PadSiteOptions, padSite } from './pad-site.js';

const CUD = hex('c0 f7 00 00');
const PAD_CUD = hex('01 00 00 00');
const sessionOver = { cause: 0x00, diagnostic: 0xf1 };

/** Every octet next to many others. */
const ALL_OCTETS = Uint8Array.from({ length: 2048 }, (_, i) => (i * 7 + (i >> 8) * 3) & 0xff);
/** What a PAD with an escape character can carry. */
const NO_DLE = ALL_OCTETS.filter((octet) => octet !== 0x10);

let site: PadSite;
let pad: RecordedEnd;
let host: RecordedEnd;
let watch: CallWatch;

function begin(options: PadSiteOptions = {}): void {
  site = padSite(options);
  watch = new CallWatch();
  pad = new RecordedEnd(site.pad, watch);
  host = new RecordedEnd(site.host, watch);
  pad.listen();
  host.listen();
  settle();
}

function settle(): void {
  site.clock.runFor(20_000);
  expect(watch.violations).toEqual([]);
}

function callHost(userData = CUD): { caller: Recorder; called: Recorder } {
  const caller = pad.place({ called: HOST_NUA, userData });
  settle();
  return { caller, called: theOne(host.accepted) };
}

function callPad(): { caller: Recorder; called: Recorder } {
  const caller = host.place({ called: PAD_NUA, userData: PAD_CUD });
  settle();
  return { caller, called: theOne(pad.accepted) };
}

function theOne(accepted: readonly Recorder[]): Recorder {
  const recorder = accepted.at(-1);
  if (recorder === undefined) throw new Error('no call was accepted');
  return recorder;
}

/** Both ways at once, whole. */
function exchange({ caller, called }: { caller: Recorder; called: Recorder }, octets = ALL_OCTETS): void {
  caller.send({ octets });
  called.send({ octets: octets.toReversed() });
  settle();
  expect(called.octets).toEqual(octets);
  expect(caller.octets).toEqual(octets.toReversed());
}

beforeEach(() => begin());

describe('calls to the network', () => {
  test('carry what a PAD says of itself', () => {
    const { caller, called } = callHost(hex('01 00 00 00 6d 61 69 6c'));
    expect(host.incoming[0]).toMatchObject({ called: HOST_NUA, calling: PAD_NUA });
    expect(host.incoming[0]?.userData).toEqual(hex('01 00 00 00 6d 61 69 6c'));
    expect(caller.types).toEqual(['requested', 'connected']);
    expect(called.types).toEqual(['connected']);
  });

  test('have the PAD’s protocol identifier, whatever is asked for', () => {
    callHost(CUD);
    expect(host.incoming[0]?.userData).toEqual(PAD_CUD);
  });

  test('carry facilities that have a letter', () => {
    pad.place({
      called: HOST_NUA,
      userData: CUD,
      facilities: { reverseCharging: true, closedUserGroup: '12' },
    });
    settle();
    expect(host.incoming[0]?.facilities).toMatchObject({ reverseCharging: true, closedUserGroup: '12' });
  });

  test('carry every octet both ways', () => exchange(callHost()));

  test('end in the network where the number is not known', () => {
    const caller = pad.place({ called: '99999', userData: CUD });
    settle();
    expect(caller.ending).toMatchObject({ by: 'peer', cause: 0x0d, diagnostic: 0x43 });
  });

  test('end with the refusal of the called side', () => {
    host.policy = (incoming) => host.refuse(incoming, { cause: 0x00, diagnostic: 0xf9 });
    const caller = pad.place({ called: HOST_NUA, userData: CUD });
    settle();
    expect(caller.types).toEqual(['requested', 'cleared']);
    expect(caller.ending).toMatchObject({ by: 'peer', cause: 0x00, diagnostic: 0xf9 });
  });

  test('can be given up before they are answered', () => {
    host.policy = () => {};
    const caller = pad.place({ called: HOST_NUA, userData: CUD });
    site.clock.runFor(5_000);
    expect(caller.types).toEqual(['requested']);
    caller.clear({ cause: 0x00, diagnostic: 0x31 });
    settle();
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0x31 });
    expect(host.withdrawn).toMatchObject([{ by: 'peer', cause: 0x00 }]);
  });

  test('one at a time', () => {
    callHost();
    const second = pad.place({ called: HOST_NUA, userData: CUD });
    settle();
    expect(second.types).toEqual(['cleared']);
    expect(second.ending).toMatchObject({ by: 'us', cause: 0x00, diagnostic: 0xa3 });
  });

  test('and then the next', () => {
    for (let i = 0; i < 3; i++) {
      const { caller, called } = callHost();
      called.send({ octets: hex('32 32 30 0d 0a') });
      settle();
      (i === 1 ? called : caller).clear(sessionOver);
      settle();
      expect(caller.types.at(-1)).toBe('cleared');
      expect(called.types.at(-1)).toBe('cleared');
    }
  });
});

describe('calls from the network', () => {
  test('tell who calls', () => {
    const { caller, called } = callPad();
    expect(pad.incoming[0]).toMatchObject({ called: PAD_NUA, calling: HOST_NUA });
    expect(caller.types).toEqual(['requested', 'connected']);
    expect(called.circuit).toMatchObject({ direction: 'incoming', called: PAD_NUA, calling: HOST_NUA });
  });

  test('carry every octet both ways', () => exchange(callPad()));

  test('that are not for PADs are not accepted by the PAD', () => {
    const caller = host.place({ called: PAD_NUA, userData: CUD });
    settle();
    expect(caller.ending).toMatchObject({ by: 'peer', cause: 0x21 });
    expect(pad.incoming).toEqual([]);
  });

  test('find the PAD busy', () => {
    callHost();
    const caller = host.place({ called: PAD_NUA, userData: PAD_CUD });
    settle();
    expect(caller.ending).toMatchObject({ by: 'peer', cause: 0x01 });
  });

  test('are cleared when we refuse them: the PAD has accepted them already', () => {
    pad.policy = (incoming) => pad.refuse(incoming, { cause: 0x00, diagnostic: 0xf5 });
    const caller = host.place({ called: PAD_NUA, userData: PAD_CUD });
    settle();
    expect(caller.types).toEqual(['requested', 'connected', 'cleared']);
  });
});

describe('the end of a call', () => {
  const ways: ReadonlyArray<readonly [Clearing, string[]]> = [
    ['break', ['break']],
    ['dtr', ['hangUp']],
    ['escape', []],
  ];

  test.each(ways)('by us, by %s', (clearing, control) => {
    begin({ clearing });
    const { caller, called } = callHost();
    exchange({ caller, called }, NO_DLE);
    caller.clear(sessionOver);
    settle();
    expect(caller.ending).toMatchObject({ by: 'us', ...sessionOver });
    expect(called.ending).toMatchObject({ by: 'peer', cause: 0x00, diagnostic: 0x00 });
    expect(site.control).toEqual(control);
    expect(site.pad.status()).toMatchObject({ state: 'ready', circuits: 0 });
  });

  test.each(ways)('by the other end, found out by %s', (clearing, control) => {
    begin({ clearing });
    const { caller, called } = callHost();
    called.send({ octets: Buffer.from('221 bye\r\n') });
    settle();
    called.clear(sessionOver);
    settle();
    expect(caller.ending).toMatchObject({ by: 'peer', ...sessionOver });
    expect(Buffer.from(caller.octets).toString()).toBe('221 bye\r\n');
    expect(site.control).toEqual(control);
    expect(site.pad.status()).toMatchObject({ state: 'ready', circuits: 0 });
  });

  test('from both sides at once: each hears it once', () => {
    const { caller, called } = callHost();
    caller.clear(sessionOver);
    called.clear(sessionOver);
    settle();
    expect([caller.count('cleared'), called.count('cleared')]).toEqual([1, 1]);
  });

  test('the PAD’s line end does not complete a line that was cut off', () => {
    const { caller, called } = callHost();
    called.send({ octets: Buffer.from('last line\r\n.') });
    settle();
    called.clear(sessionOver);
    settle();
    expect(Buffer.from(caller.octets).toString()).toBe('last line\r\n.');
  });

  test.each(['break', 'escape'] as const)(
    'mail that says CLR is mail, as the PAD confirms: %s',
    (clearing) => {
      begin({ clearing });
      const { caller, called } = callHost();
      const mail = 'the PAD says\r\nCLR DTE C:0 D:0\r\n';
      called.send({ octets: Buffer.from(mail) });
      settle();
      called.send({ octets: Buffer.from('and so on\r\n') });
      caller.send({ octets: Buffer.from('250 OK\r\n') });
      settle();
      expect(Buffer.from(caller.octets).toString()).toBe(`${mail}and so on\r\n`);
      expect(Buffer.from(called.octets).toString()).toBe('250 OK\r\n');
      expect(site.pad.status().counters.pad).toMatchObject({ clearsSuspected: 1, clearsMistaken: 1 });
    },
  );

  test('data that is under way while the PAD is asked is not lost', () => {
    begin({ delayMs: 400 });
    const { caller, called } = callHost();
    called.send({ octets: Buffer.from('\r\nCLR DTE\r\n') });
    site.clock.runToRest(() => site.control.length > 0);
    called.send({ octets: Buffer.from('more mail\r\n') }); // is at the PAD before the break
    settle();
    called.send({ octets: ALL_OCTETS });
    settle();
    expect(site.pad.status().counters.pad).toMatchObject({ clearsSuspected: 1, clearsMistaken: 1 });
    expect(Buffer.from(caller.octets.subarray(0, 22)).toString()).toBe('\r\nCLR DTE\r\nmore mail\r\n');
    expect(caller.octets.subarray(22)).toEqual(ALL_OCTETS);
  });

  test('no mail is read as a command by a PAD that has cleared', () => {
    const { caller, called } = callHost();
    called.clear(sessionOver);
    site.clock.runFor(1_000); // the PAD has said so, and we wait whether more comes
    caller.send({ octets: Buffer.from(`${HOST_NUA}\r\n`) });
    settle();
    expect(caller.count('cleared')).toBe(1);
    expect(host.incoming).toHaveLength(1);
  });

  test('a call that was forgotten is cleared before the next', () => {
    const { called } = callHost();
    site.pad.lineDown(); // the gateway is started again
    site.pad.lineUp();
    site.clock.runFor(60_000);
    expect(called.types.at(-1)).toBe('cleared');
    expect(site.pad.status().state).toBe('ready');
  });

  test('the session goes on after a reset on the other side of the PAD, if nobody minds', () => {
    const { caller, called } = callHost();
    called.reset(0x00, 0xfa);
    settle();
    expect(Buffer.from(caller.octets).toString()).toBe('\r\nRESET DTE\r\n');
  });
});

describe('flow control', () => {
  test('a slow reader stops the PAD by RTS, and the other end by the window', () => {
    const { caller, called } = callHost();
    caller.consumes = false;
    let written = 0;
    const write = (): void => {
      while (written < 30_000 && called.send({ octets: ALL_OCTETS.subarray(0, 100) })) written += 100;
    };
    called.react = ({ type }) => {
      if (type === 'ready') write();
    };
    write();
    site.clock.runFor(60_000);
    expect(caller.octets.length).toBeLessThan(5_000);
    expect(written).toBeLessThan(10_000);
    expect(caller.count('cleared')).toBe(0);

    caller.consumes = true;
    caller.consumed(caller.octets.length);
    site.clock.runFor(120_000);
    expect(caller.octets.length).toBeGreaterThan(29_900);
  });

  test('a call of a reader that has stopped can be cleared', () => {
    const { caller, called } = callHost();
    caller.consumes = false;
    called.send({ octets: new Uint8Array(10_000) });
    settle();
    caller.clear(sessionOver);
    settle();
    expect(caller.ending).toMatchObject({ by: 'us', ...sessionOver });
    expect(site.control).toEqual(['break']);
  });

  test('a slow other end stops the sender by CTS, and memory stays small', () => {
    const { caller, called } = callHost();
    called.consumes = false;
    let written = 0;
    const write = (): void => {
      while (written < 40_000 && caller.send({ octets: ALL_OCTETS.subarray(0, 100) })) written += 100;
    };
    caller.react = ({ type }) => {
      if (type === 'ready') write();
    };
    write();
    site.clock.runFor(60_000);
    expect(written).toBeLessThan(12_000);
    called.consumes = true;
    called.consumed(called.octets.length);
    site.clock.runFor(100_000);
    expect(called.octets.length).toBeGreaterThan(39_900);
  });

  test('where reading can not be stopped, the call ends before memory does', () => {
    begin({ bitsPerSecond: 64_000, pause: () => {} });
    const { caller, called } = callHost();
    caller.consumes = false;
    called.send({ octets: new Uint8Array(80_000) });
    site.clock.runFor(60_000);
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0xf2 });
    expect(caller.octets.length).toBeLessThanOrEqual(65_536);
    expect(site.pad.status().counters.pad.overruns).toBe(1);
  });
});

test('a PAD that begins in its transparent profile, without echo, is no different', () => {
  begin({ profile: '91', bitsPerSecond: 2400, delayMs: 40 });
  site.clock.runFor(60_000);
  const circuits = callHost();
  exchange(circuits, ALL_OCTETS.subarray(0, 512));
});
