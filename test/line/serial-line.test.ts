import { EventEmitter } from 'node:events';
import type { SerialPort } from 'serialport';
import { beforeEach, describe, expect, test } from 'vitest';
import { GatewayError, VirtualClock } from '../../src/core/index.js';
import { SerialLine } from '../../src/line/index.js';

/** What the system knows. */
let openError: Error | undefined;
/** Undefined: the port has no modem control lines. */
let status: { readonly dcd: boolean } | undefined;
const opened: Port[] = [];

/** The system's port, as far as a line looks at it. */
class Port extends EventEmitter {
  readonly options: object;
  readonly flags: object[] = [];
  isOpen = false;

  constructor(options: object) {
    super();
    this.options = options;
  }

  open(done: (error?: Error) => void): void {
    this.isOpen = openError === undefined;
    if (this.isOpen) opened.push(this);
    done(openError);
  }

  get(done: (error: Error | null, status?: object) => void): void {
    if (status === undefined) done(new Error('Error: Inappropriate ioctl for device, cannot get'));
    else done(null, status);
  }

  set(flags: object): void {
    this.flags.push(flags);
  }

  write(_octets: Uint8Array, done: () => void): void {
    clock.wake(clock.now() + 1, done);
  }

  close(done: () => void): void {
    this.isOpen = false;
    done();
  }
}

let clock: VirtualClock;
let told: string[];

const HANDLER = {
  received: (octets: Uint8Array) => void told.push(`received ${octets.length}`),
  writable: () => void told.push('writable'),
  lost: (why: string) => void told.push(`lost: ${why}`),
};

function lineOf(changes: { rtscts?: boolean; baud?: number } = {}): SerialLine {
  const options = { clock, path: '/dev/ttyS0', baud: 9600, rtscts: false, ...changes };
  return new SerialLine(options, (port) => new Port(port) as unknown as SerialPort);
}

beforeEach(() => {
  clock = new VirtualClock();
  told = [];
  opened.length = 0;
  openError = undefined;
  status = { dcd: true };
});

test('is opened with its speed and flow control', async () => {
  await lineOf({ rtscts: true }).open(HANDLER);
  expect(opened[0]?.options).toMatchObject({ path: '/dev/ttyS0', baudRate: 9600, rtscts: true });
});

test.each([
  ['Error: No such file or directory, cannot open /dev/ttyS0', 'is the adapter plugged in'],
  ['Error: Permission denied, cannot open /dev/ttyS0', 'group dialout'],
  ['Error: Resource temporarily unavailable Cannot lock port', 'another program'],
])('%s: says what to do', async (message, advice) => {
  openError = new Error(message);
  const error = await lineOf()
    .open(HANDLER)
    .catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(GatewayError);
  expect(String(error)).toContain(advice);
});

describe('carrier', () => {
  function watched(line: SerialLine): SerialLine {
    line.control.onCarrier(
      (on) => told.push(on ? 'carrier' : 'no carrier'),
      () => told.push('unknown'),
    );
    return line;
  }

  test('is told when the line is open, and then whenever it changes', async () => {
    await watched(lineOf()).open(HANDLER);
    expect(told).toEqual(['carrier']);
    clock.runFor(1000);
    status = { dcd: false };
    clock.runFor(1000);
    status = { dcd: true };
    clock.runFor(1000);
    expect(told).toEqual(['carrier', 'no carrier', 'carrier']);
  });

  test('is told anew for each opening', async () => {
    const line = watched(lineOf());
    await line.open(HANDLER);
    await line.close();
    await line.open(HANDLER);
    expect(told).toEqual(['carrier', 'carrier']);
  });

  test('is unknown, once, on a port without modem control lines', async () => {
    status = undefined;
    await watched(lineOf()).open(HANDLER);
    clock.runFor(10_000);
    expect(told).toEqual(['unknown']);
  });

  test('is not asked for where nobody wants to know', async () => {
    await lineOf().open(HANDLER);
    expect(clock.next()).toBeUndefined();
  });

  test('is not looked at any more when the line is closed or lost', async () => {
    const line = watched(lineOf());
    await line.open(HANDLER);
    opened[0]?.emit('close');
    expect(told).toEqual(['carrier', 'lost: the port was closed']);
    status = { dcd: false };
    clock.runFor(1000);
    expect(told).toHaveLength(2);
  });
});

test('DTR is set by itself', async () => {
  const line = lineOf();
  await line.open(HANDLER);
  line.control.setDtr(false);
  expect(opened[0]?.flags).toEqual([{ dtr: false }]);
});

test('takes the next frame when the port has nearly sent what it has', async () => {
  const line = lineOf();
  await line.open(HANDLER);
  expect(line.write(new Uint8Array(10))).toBe(true); // 10 ms at 9600 bit/s
  expect(line.write(new Uint8Array(96))).toBe(false); // 100 ms more
  clock.runFor(84);
  expect(told).toEqual([]);
  clock.runFor(2);
  expect(told).toEqual(['writable']);
});
