import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromAscii, VirtualClock } from '../../src/core/index.js';
import { ModemCircuits, type ModemLine, modemSettings } from '../../src/modem/index.js';
import { ModemDriver, SETTINGS } from './modem-driver.js';
import { stackOptions, testProfile } from './modem-pair.js';

const SECOND = 1000;
const call = { called: '26245300040', userData: Uint8Array.of(0xc0, 0xf7, 0, 0) };

/** A modem that answers each command line with what `says` gives, and a call placed over it. */
function callOver(says: (command: string, nth: number) => string | undefined) {
  const clock = new VirtualClock();
  const reasons: string[] = [];
  const endings: string[] = [];
  let commands = 0;
  const line: ModemLine = {
    write: (octets) => {
      const text = says(String.fromCharCode(...octets).trim(), commands++);
      if (text !== undefined)
        clock.wake(clock.now() + 20, () => circuits.received(Buffer.from(text, 'latin1')));
      return true;
    },
  };
  const circuits: ModemCircuits = new ModemCircuits({
    clock,
    line,
    stack: stackOptions('modem'),
    modem: modemSettings(testProfile(), { flow: 'none' }),
    dial: '0301234',
    onEvent: (event) => {
      if ('reason' in event) reasons.push(event.reason);
    },
  });
  circuits.start();
  const circuit = circuits.place(call);
  circuit.setListener((event) => {
    if (event.type === 'cleared') endings.push(`${event.ending.by} ${event.ending.cause}`);
  });
  clock.runFor(240 * SECOND);
  return { reasons, endings, counters: circuits.status().modem.counters, status: circuits.status() };
}

const obedient = (dialled: string | undefined) => (command: string) =>
  command.startsWith('ATD') ? dialled : '\r\nOK\r\n';

describe('a modem that talks nonsense', () => {
  test.each([
    ['silence', () => undefined, /does not answer commands/, 'silent'],
    ['noise', () => '\x80\xff~{CONN\xfeECT%', /does not answer commands/, 'silent'],
    ['half a line', () => '\r\nO', /does not answer commands/, 'silent'],
    ['ERROR', () => '\r\nERROR\r\n', /refuses "ATZ" \(ERROR\)/, 'initRefused'],
    ['a login prompt', () => '\r\nUnix 4.3\r\nlogin: ', /does not answer commands/, 'silent'],
    ['silence to the dial command', obedient(undefined), /no result in time/, 'noResult'],
    ['noise to the dial command', obedient('\xff\r\x00\r\nx7\r\nBSY\r\n'), /no result in time/, 'noResult'],
    ['half a line to the dial command', obedient('\r\nCONNECT 24'), /no result in time/, 'noResult'],
    ['ERROR to the dial command', obedient('\r\nERROR\r\n'), /does not understand/, 'refused'],
    ['BUSY', obedient('\r\nBUSY\r\n'), /the number is busy/, 'busy'],
  ] as const)('%s: the call ends, and the reason is told', (_, says, reason, counter) => {
    const { reasons, endings, counters, status } = callOver(says);
    expect(endings).toEqual(['link 9']);
    expect(reasons[0]).toMatch(reason);
    expect(status.lastFailure).toMatch(reason);
    expect(counters[counter]).toBeGreaterThan(0);
  });

  test('a fault that lasts is told once, however often the modem is tried', () => {
    const { reasons, counters } = callOver(() => undefined);
    expect(counters.silent).toBeGreaterThan(2);
    expect(reasons).toHaveLength(1);
  });

  test('a connection to something that is no X.25: the call ends, and the modem hangs up', () => {
    const commands: string[] = [];
    const { endings, reasons } = callOver((command) => {
      commands.push(command);
      return obedient('\r\nCONNECT 2400\r\nlogin: ')(command);
    });
    expect(endings).toEqual(['link 9']);
    expect(reasons).toEqual(['hung up by us']);
    expect(commands).toContain('ATH');
  });
});

const texts = fc.constantFrom(
  '\r\nOK\r\n',
  '\r\nCONNECT 9600\r\n',
  '\r\nCONNECT 1\r\n',
  '\r\nRING\r\n',
  '\r\nNO CARRIER\r\n',
  '\r\nERROR\r\n',
  '\r\nBUSY\r\n',
  '0\r',
  '1\r',
  '3\r',
  '+++',
  '~',
);
const noise = fc.uint8Array({ maxLength: 12 }).map((octets) => String.fromCharCode(...octets));
const input = fc.oneof(
  { weight: 5, arbitrary: texts.map((text) => ({ type: 'says' as const, text })) },
  { weight: 2, arbitrary: noise.map((text) => ({ type: 'says' as const, text })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(1, 500, 1300, 5000, 20_000).map((ms) => ({ type: 'wait' as const, ms })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('start', 'dial 123', 'hangUp', 'carrier on', 'carrier off', 'close', 'send xyz')
      .map((line) => ({ type: 'does' as const, line })),
  },
);
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

function play(inputs: readonly Input[], answerAfterRings: number, cut: (text: string) => string[]) {
  // Pauses, so that a second line in the same piece finds the same state as in a piece of its own.
  const driver = new ModemDriver({
    answerAfterRings,
    times: { ...SETTINGS.times, settleMs: 1, gapMs: 1 },
  });
  driver.modem.start(0);
  driver.wait(0);
  for (const one of inputs) {
    if (one.type === 'wait') driver.wait(one.ms);
    else if (one.type === 'does') driver.happened.push(...driver.play(one.line));
    else for (const piece of cut(one.text)) driver.hears(Buffer.from(piece, 'latin1'));
  }
  return driver;
}

const withoutData = ({ happened }: ModemDriver): string[] =>
  happened.filter((line) => !line.startsWith('data '));

describe('whatever comes', () => {
  test('the dialogue does not throw, and always finds back to a modem that obeys', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 30 }), fc.nat(2), (inputs, rings) => {
        const driver = play(inputs, rings, (text) => [text]);
        // From here on it does as it is told.
        driver.modem.start(driver.now);
        driver.modem.hangUp(driver.now);
        driver.wait(0);
        for (let i = 0; i < 150 && driver.modem.state.name !== 'idle'; i++) {
          const asked = driver.happened.splice(0).filter((line) => line.startsWith('C:'));
          for (const _ of asked) driver.hears(fromAscii('\r\nOK\r\n'));
          driver.wait(SECOND);
        }
        expect(driver.modem.state.name).toBe('idle');
      }),
      { numRuns: 200 },
    );
  });

  test('however it is cut into pieces, the same happens', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 20 }), fc.nat(2), (inputs, rings) => {
        const whole = play(inputs, rings, (text) => [text]);
        const cut = play(inputs, rings, (text) => [...text]);
        expect(withoutData(cut)).toEqual(withoutData(whole));
        expect(cut.data).toEqual(whole.data);
        expect(cut.modem.state).toEqual(whole.modem.state);
      }),
      { numRuns: 200 },
    );
  });
});
