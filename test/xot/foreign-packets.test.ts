import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { kindOf } from '../../src/x25/index.js';
import { XotCircuits } from '../../src/xot/index.js';
import { CallWatch, RecordedEnd, type Recorder } from '../circuit/recorder.js';
import { hex } from '../support/hex.js';
import { PARAMETERS } from './circuits-pair.js';
import { Wire } from './wire.js';

const CALL = '10 01 0B 66 70 00 01 70 10 01 06 42 07 07 43 02 02 01 00 00 00';

/** Packets that lead somewhere, and any other. */
const packet = fc.oneof(
  fc.constantFrom(
    CALL,
    '10 01 0B 00 00',
    '10 01 0F',
    '10 01 13 00 F1',
    '10 01 17',
    '10 01 1B 00 00',
    '10 01 1F',
    '10 01 23 01',
    '10 01 27',
    '10 01 00 41',
    '10 01 02 41',
    '10 01 21',
    '10 01 05',
    '10 01 49',
    '10 00 FB 00 00',
    '10 00 FF',
    '20 01 0B 00 00',
    '10 01 F5 81',
  ),
  fc
    .tuple(fc.constantFrom('10', '50', '90', '20', '00'), fc.uint8Array({ minLength: 2, maxLength: 8 }))
    .map(([first, rest]) => `${first} ${Buffer.from(rest).toString('hex')}`),
);

/** What may never be sent (RFC 1613 §6.4). */
const FORBIDDEN = [
  'restartRequest',
  'restartConfirmation',
  'rej',
  'diagnostic',
  'registration',
  'unknownType',
];

const ACTIONS: Readonly<Record<string, (wire: Wire, call: Recorder | undefined) => void>> = {
  send: (_wire, call) => {
    if (call?.types.includes('connected')) call.send({ octets: hex('42') });
  },
  clear: (_wire, call) => call?.clear({ cause: 0x00, diagnostic: 0xf1 }),
  reset: (_wire, call) => call?.reset(0x00, 0xfa),
  stuck: (wire) => {
    wire.takesOctets = false;
  },
  free: (wire) => {
    if (!wire.isClosed) wire.becomesWritable();
  },
};

const step = fc.oneof(
  { weight: 8, arbitrary: packet.map((says) => ({ says })) },
  { weight: 1, arbitrary: fc.constantFrom(1, 6_000, 190_000).map((waits) => ({ waits })) },
  { weight: 1, arbitrary: fc.constantFrom(...Object.values(ACTIONS)).map((act) => ({ act })) },
);

test.each(['outgoing', 'incoming'] as const)(
  'an %s call: whatever the other end says, nothing is thrown, nothing forbidden sent, and all comes to an end',
  (direction) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const clock = new VirtualClock();
        const wire = new Wire();
        const circuits = new XotCircuits({
          name: 'wan',
          clock,
          packet: PARAMETERS,
          maxCircuits: 1,
          connect: () => wire,
        });
        const end = new RecordedEnd(circuits, new CallWatch());
        end.listen();
        const ours =
          direction === 'outgoing' ? end.place({ called: '700001', userData: hex('c0f70000') }) : undefined;
        if (ours === undefined) circuits.accept(wire);
        else wire.opens();

        for (const each of steps) {
          if ('says' in each) wire.says(each.says);
          else if ('waits' in each) clock.runFor(each.waits);
          else each.act(wire, ours ?? end.accepted[0]);
        }
        circuits.stop();
        clock.runFor(10_000);

        expect(wire.isClosed).toBe(true);
        expect(circuits.status()).toMatchObject({ state: 'stopped', circuits: 0 });
        for (const { types } of ours === undefined ? end.accepted : [ours])
          expect(types.indexOf('cleared')).toBe(types.length - 1);
        const sent = wire.sent.map((each) => kindOf(hex(each)[2], 8));
        expect(sent.filter((kind) => FORBIDDEN.includes(kind))).toEqual([]);
      }),
      { numRuns: 4_000 },
    );
  },
);
