import { describe, expect, test } from 'vitest';
import {
  checkLapbParameters,
  deriveParameters,
  LAPB_PARAMETERS,
  LapbLink,
  type LapbParameters,
} from '../../src/lapb/index.js';
import { lapbParameters, TestUser } from '../support/link-pair.js';

describe('checkLapbParameters', () => {
  test('has nothing against the defaults', () => {
    const defaults = Object.fromEntries(
      Object.entries(LAPB_PARAMETERS).map(([name, row]) => [name, row.default]),
    ) as Pick<LapbParameters, keyof typeof LAPB_PARAMETERS>;
    expect(checkLapbParameters({ role: 'dte', modulo: 8, active: true, ...defaults })).toEqual([]);
  });

  test.each<[Partial<LapbParameters>, string]>([
    [{ window: 0 }, 'window is 0, not 1 to 7 frames'],
    [{ window: 8 }, 'window is 8, not 1 to 7 frames'],
    [{ modulo: 128, window: 128 }, 'window is 128, not 1 to 127 frames'],
    [{ n2: 0 }, 'n2 is 0, not 1 to 255 tries'],
    [{ t1Ms: Number.NaN }, 't1Ms is NaN, not 1 to 3600000 ms'],
    [{ maxInformationOctets: 128 }, 'maxInformationOctets is 128, not 131 to 4100 octets'],
    [{ t2Ms: 3000 }, 't2Ms (3000) is not less than t1Ms (3000)'],
    [{ t3Ms: 3000 }, 't3Ms (3000) is neither 0 nor more than t1Ms (3000)'],
  ])('%o: %s', (changes, problem) => {
    const parameters = lapbParameters('dte', changes);
    expect(checkLapbParameters(parameters)).toEqual([problem]);
    expect(() => new LapbLink(parameters, new TestUser())).toThrow(problem);
  });

  test('names all problems at once', () => {
    expect(checkLapbParameters(lapbParameters('dte', { window: 9, n2: 0 }))).toHaveLength(2);
  });
});

describe('deriveParameters', () => {
  const line = {
    role: 'dte',
    active: true,
    bitsPerSecond: 9600,
    bitsPerOctet: 10,
    packetSize: 128,
    window: 7,
  } as const;

  test('a usual line has the usual T1, and T2 is one frame', () => {
    // 137 octets and 2 % escapes: 146 ms a frame.
    expect(deriveParameters(line)).toEqual({
      role: 'dte',
      modulo: 8,
      window: 7,
      t1Ms: 3000,
      t2Ms: 146,
      t3Ms: 0,
      n2: 20,
      maxInformationOctets: 259,
      active: true,
    });
  });

  test.each([
    // k + 2 frames, 1 s of T2 at the peer, 0.2 s there and back.
    ['a slow line', { bitsPerSecond: 1200 }, 11_681, 500],
    ['a larger packet', { packetSize: 1024 }, 11_079, 500],
    ['a smaller window', { bitsPerSecond: 1200, window: 2 }, 5858, 500],
    ['a long way', { roundTripMs: 2000 }, 4311, 146],
    ['a peer known to answer at once', { bitsPerSecond: 1200, peerT2Ms: 0 }, 10_681, 500],
    ['a fast line', { bitsPerSecond: 1_000_000 }, 3000, 2],
  ])('%s', (_which, changes, t1Ms, t2Ms) => {
    expect(deriveParameters({ ...line, ...changes })).toMatchObject({ t1Ms, t2Ms });
  });

  test('modulo 128: a large window makes T1 no longer than seven frames do, for no peer waits for its end', () => {
    const extended = deriveParameters({ ...line, bitsPerSecond: 1200, modulo: 128, window: 127 });
    expect(extended).toMatchObject({ modulo: 128, window: 127, t1Ms: 11_681 });
    expect(checkLapbParameters(extended)).toEqual([]);
  });

  test.each([
    [16, 259],
    [128, 259],
    [256, 260],
    [1024, 1028],
    [4096, 4100],
  ])('packets of %d octets need information fields of %d', (packetSize, maxInformationOctets) => {
    expect(deriveParameters({ ...line, packetSize })).toMatchObject({ maxInformationOctets });
  });

  test('whatever the line, the parameters are fit for use', () => {
    for (const bitsPerSecond of [300, 2400, 64_000, 10_000_000])
      for (const packetSize of [16, 128, 4096])
        for (const window of [1, 7])
          expect(
            checkLapbParameters(deriveParameters({ ...line, bitsPerSecond, packetSize, window })),
          ).toEqual([]);
  });
});
