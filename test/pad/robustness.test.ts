import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Recorder } from '../circuit/recorder.js';
import { hex } from '../support/hex.js';
import { ScriptedPad, standardPad } from './scripted-pad.js';

const NUA = '26245300040';
const call = { called: NUA, userData: hex('c0 f7 00 00') };
const DATA = '220 mail.example\r\n250-SIZE\r\n250 HELP\r\n\xff\x00\r\nCLR not the end\r\nmore\r\n';

/** A call with data, cleared by the other end. @returns all that anybody could notice of it. */
function wholeCall(cut: (text: string) => readonly string[]): unknown {
  const site = new ScriptedPad(standardPad({ [NUA]: `\r\nCOM\r\n${DATA}`, '<break>': '\r\n' }));
  site.cut = cut;
  site.clock.runFor(20_000);
  const caller = site.end.place(call);
  site.clock.runFor(20_000);
  site.say('bye\r\n\r\nCLR OCC C:1 D:0\r\n');
  site.clock.runFor(20_000);
  return {
    transcript: site.transcript,
    octets: Buffer.from(caller.octets).toString('latin1'),
    ending: caller.ending,
    status: site.pad.status(),
  };
}

test('however what the PAD says is cut into chunks, the same comes of it', () => {
  const whole = wholeCall((text) => [text]);
  expect(whole).toMatchObject({ octets: `${DATA}bye\r\n`, ending: { by: 'peer', cause: 0x01 } });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }), (lengths) => {
      const cut = (text: string): string[] => {
        const chunks: string[] = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const end = at + (lengths[i % lengths.length] ?? 1);
          chunks.push(text.slice(at, end));
          at = end;
        }
        return chunks;
      };
      expect(wholeCall(cut)).toEqual(whole);
    }),
    { numRuns: 30 },
  );
});

const nonsense = fc.oneof(
  fc
    .constantFrom('COM', 'CLR OCC', 'CLR CONF', 'ERR', 'FREE', 'ENGAGED', 'PAR 2:0', '1 COM', '')
    .map((said) => `\r\n${said}\r\n`),
  fc.uint8Array({ maxLength: 30 }).map((octets) => Buffer.from(octets).toString('latin1')),
);

type Action = (site: ScriptedPad, placed: Recorder[]) => void;

const newest = (site: ScriptedPad, placed: Recorder[]): Recorder | undefined =>
  placed.at(-1) ?? site.end.accepted.at(-1);

const ACTIONS: readonly Action[] = [
  (site, placed) => placed.push(site.end.place(call)),
  (site, placed) => newest(site, placed)?.clear({ cause: 0x00, diagnostic: 0x00 }),
  (site, placed) => {
    const circuit = newest(site, placed);
    if (circuit?.types.includes('connected')) circuit.send({ octets: hex('01 10 0d') });
  },
  (site) => site.pad.lineDown(),
  (site) => site.pad.lineUp(),
];

const says = nonsense.map(
  (text): Action =>
    (site) =>
      site.say(text),
);

test('a PAD that talks nonsense ends circuits once, throws nothing and lets itself be stopped', () => {
  const action = fc.oneof(says, fc.constantFrom(...ACTIONS));
  const steps = fc.array(fc.tuple(action, fc.constantFrom(0, 50, 500, 5_000, 70_000)), { maxLength: 40 });
  const clearing = fc.constantFrom('break', 'dtr', 'escape');
  fc.assert(
    fc.property(steps, clearing, fc.boolean(), (all, by, hasSense) => {
      const script = hasSense ? standardPad({ [NUA]: '\r\nCOM\r\n' }) : () => '\r\nERR\r\n';
      const site = new ScriptedPad(script, { clearing: by });
      site.end.listen();
      const placed: Recorder[] = [];
      for (const [act, pause] of all) {
        act(site, placed);
        site.clock.runFor(pause);
      }
      let isStopped = false;
      site.pad.stop(() => {
        isStopped = true;
      });
      site.clock.runFor(60_000);
      expect(isStopped).toBe(true);
      for (const circuit of [...placed, ...site.end.accepted]) {
        expect(circuit.count('cleared')).toBe(1);
        expect(circuit.types.at(-1)).toBe('cleared');
      }
      expect(site.watch.violations).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
