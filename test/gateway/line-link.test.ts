import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import type { LineState } from '../../src/gateway/events.js';
import { type LineDriven, LineLink } from '../../src/gateway/line-link.js';
import type { Line, LineControl, LineHandler } from '../../src/line/index.js';

/** A line whose wires are moved by hand. */
class WiredLine implements Line {
  readonly name = 'wired';
  handler: LineHandler | undefined;
  carrier: (on: boolean) => void = () => {};
  carrierUnknown: () => void = () => {};
  readonly control: LineControl = {
    setDtr: () => {},
    sendBreak: () => {},
    onCarrier: (handler, onUnknown = () => {}) => {
      this.carrier = handler;
      this.carrierUnknown = onUnknown;
    },
  };

  async open(handler: LineHandler): Promise<void> {
    this.handler = handler;
  }

  write(): boolean {
    return true;
  }

  async close(): Promise<void> {}
}

function linkOn(line: Line, watchesCarrier: boolean) {
  const said: string[] = [];
  const note = (what: string) => () => void said.push(what);
  let stopped: () => void = () => {};
  const circuits = {
    start: note('start'),
    stop: (done: () => void) => {
      stopped = done;
    },
    lineUp: note('lineUp'),
    lineDown: () => {
      said.push('lineDown');
      stopped();
    },
  } as unknown as LineDriven;
  const onState = (state: LineState): void => void said.push(`(${state.state})`);
  const clock = new VirtualClock();
  const link = new LineLink({ name: 'psdn0', clock, line, circuits, watchesCarrier, onState });
  return { link, said, clock };
}

describe('carrier that is watched', () => {
  test('takes the circuits down and up again', async () => {
    const line = new WiredLine();
    const { link, said } = linkOn(line, true);
    await link.start();
    expect(said).toEqual(['(opened)']);
    for (const on of [false, true, false, true]) line.carrier(on);
    expect(said.slice(1)).toEqual([
      ...['lineDown', '(noCarrier)'],
      ...['(carrier)', 'start'],
      ...['lineDown', '(noCarrier)'],
      ...['(carrier)', 'lineUp'],
    ]);
  });

  test('is taken as there where the port has no such wire', async () => {
    const line = new WiredLine();
    const { link, said } = linkOn(line, true);
    await link.start();
    line.carrierUnknown();
    expect(said).toEqual(['(opened)', '(carrierUnknown)', 'start']);
  });

  test('counts anew when the line was lost and is opened again', async () => {
    const line = new WiredLine();
    const { link, said, clock } = linkOn(line, true);
    await link.start();
    line.carrier(true);
    line.handler?.lost('unplugged');
    said.length = 0;
    await clock.runFor(1000);
    await Promise.resolve();
    expect(said).toEqual(['(opened)']); // and not up before there is carrier
    line.carrier(true);
    expect(said).toEqual(['(opened)', '(carrier)', 'lineUp']);
  });

  test('that goes while the link is stopped ends the wait, and brings nothing up any more', async () => {
    const line = new WiredLine();
    const { link, said } = linkOn(line, true);
    await link.start();
    line.carrier(true);
    const stopped = link.stop();
    line.carrier(false);
    await stopped;
    line.carrier(true);
    expect(said).toEqual(['(opened)', '(carrier)', 'start', 'lineDown']);
  });
});

describe('the circuits are up with the line', () => {
  test('where carrier is not watched', async () => {
    const line = new WiredLine();
    const { link, said } = linkOn(line, false);
    await link.start();
    line.carrier(false);
    expect(said).toEqual(['(opened)', 'start']);
  });

  test('where the line has no wires beside the data', async () => {
    const line: Line = { name: 'tcp', open: async () => {}, write: () => true, close: async () => {} };
    const { link, said } = linkOn(line, true);
    await link.start();
    expect(said).toEqual(['(opened)', 'start']);
  });
});
