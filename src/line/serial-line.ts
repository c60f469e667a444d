import { createRequire } from 'node:module';
import type { SerialPort } from 'serialport';
import { type Clock, describeError, GatewayError } from '../core/index.js';
import type { Line, LineControl, LineHandler } from './line.js';

export interface SerialLineOptions {
  readonly clock: Clock;
  readonly path: string;
  readonly baud: number;
  /** Hardware flow control by RTS and CTS. */
  readonly rtscts: boolean;
}

export type MakePort = (options: ConstructorParameters<typeof SerialPort>[0]) => SerialPort;

const load = createRequire(import.meta.url);

/** Where there is no serial port, its driver is not loaded. */
const systemPort: MakePort = (port) => {
  const serialport = load('serialport') as typeof import('serialport');
  return new serialport.SerialPort(port);
};

/** Start bit, eight data bits, stop bit. */
const BITS_PER_OCTET = 10;

/**
 * How long before the port runs dry the next frame is asked for, milliseconds: enough for adapters that hand over
 * what they have in steps (USB: up to 16 ms), little enough for fresh acknowledgements.
 */
const LEAD_MS = 25;

/** How often the state of DCD is looked at: the system tells of no change by itself. */
const CARRIER_POLL_MS = 100;

const LONGEST_CLOSE_MS = 2000;

/** A serial port: 8 data bits, no parity, 1 stop bit (ISO 3309 start/stop transmission). */
export class SerialLine implements Line {
  readonly name: string;
  readonly control: LineControl = {
    setDtr: (on) => this.#port?.set({ dtr: on }, ignored),
    onCarrier: (handler, onUnknown) => {
      this.#onCarrier = handler;
      this.#onCarrierUnknown = onUnknown;
    },
    sendBreak: (durationMs) => this.#sendBreak(durationMs),
  };
  readonly #options: SerialLineOptions;
  readonly #makePort: MakePort;
  #port: SerialPort | undefined;
  #handler: LineHandler | undefined;
  /** When the port will have sent what was written, if nothing holds it back. */
  #idleAt = 0;
  /** Whether it is time for the next frame, by that count. */
  #hasTime = true;
  /** Writes that the operating system has not taken yet. */
  #unwritten = 0;
  #cancelWake: () => void = () => {};
  #onCarrier: ((on: boolean) => void) | undefined;
  #onCarrierUnknown: (() => void) | undefined;
  #carrier: boolean | undefined;
  #cancelPoll: () => void = () => {};

  /** @param makePort another driver of ports than the system's. */
  constructor(options: SerialLineOptions, makePort: MakePort = systemPort) {
    this.name = options.path;
    this.#options = options;
    this.#makePort = makePort;
  }

  open(handler: LineHandler): Promise<void> {
    const { path, baud, rtscts } = this.#options;
    return new Promise((resolve, reject) => {
      const port = this.#makePort({ path, baudRate: baud, rtscts, autoOpen: false });
      port.open((error) => {
        if (error) return reject(cannotOpen(path, error));
        this.#port = port;
        this.#unwritten = 0;
        this.#hasTime = true;
        port.on('data', (octets: Uint8Array) => handler.received(octets));
        port.on('error', (cause) => this.#lost(port, handler, describeError(cause)));
        port.on('close', () => this.#lost(port, handler, 'the port was closed'));
        this.#handler = handler;
        this.#carrier = undefined;
        if (this.#onCarrier !== undefined) this.#pollCarrier(port);
        resolve();
      });
    });
  }

  write(octets: Uint8Array): boolean {
    const port = this.#port;
    if (port === undefined) return true; // lost meanwhile; the link layer finds out by its timers
    this.#unwritten++;
    port.write(octets, () => this.#whenTaken(port));
    // The operating system would take thousands of octets; counting the time they need keeps its queue short.
    const { clock, baud } = this.#options;
    const now = clock.now();
    this.#idleAt = Math.max(now, this.#idleAt) + (octets.length * BITS_PER_OCTET * 1000) / baud;
    if (this.#idleAt - now <= LEAD_MS) return true;
    this.#cancelWake();
    this.#hasTime = false;
    this.#cancelWake = clock.wake(this.#idleAt - LEAD_MS, () => {
      this.#hasTime = true;
      if (this.#unwritten === 0) this.#handler?.writable();
    });
    return false;
  }

  pause(paused: boolean): void {
    if (paused) this.#port?.pause();
    else this.#port?.resume();
  }

  async close(): Promise<void> {
    const port = this.#port;
    this.#port = undefined;
    this.#cancelWake();
    this.#cancelPoll();
    if (!port?.isOpen) return;
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      // The system may wait for octets that flow control, or a device that is gone, will never let out.
      const cancel = clock.wake(clock.now() + LONGEST_CLOSE_MS, resolve);
      port.close(() => {
        cancel();
        resolve();
      });
    });
  }

  /** The operating system has taken a write; where flow control holds it back, this is what comes last. */
  #whenTaken(port: SerialPort): void {
    if (this.#port !== port) return;
    this.#unwritten--;
    if (this.#unwritten === 0 && this.#hasTime) this.#handler?.writable();
  }

  #sendBreak(durationMs: number): void {
    const port = this.#port;
    port?.drain(() => {
      port.set({ brk: true }, ignored);
      const { clock } = this.#options;
      clock.wake(clock.now() + durationMs, () => {
        if (port.isOpen) port.set({ brk: false }, ignored);
      });
    });
  }

  /** A port without modem lines answers with an error (ENOTTY); then there is no carrier to follow. */
  #pollCarrier(port: SerialPort): void {
    port.get((error, status) => {
      if (this.#port !== port) return;
      if (error) {
        this.#onCarrierUnknown?.();
        return;
      }
      const carrier = status?.dcd === true;
      if (carrier !== this.#carrier) {
        this.#carrier = carrier;
        this.#onCarrier?.(carrier);
      }
      const { clock } = this.#options;
      this.#cancelPoll = clock.wake(clock.now() + CARRIER_POLL_MS, () => this.#pollCarrier(port));
    });
  }

  #lost(port: SerialPort, handler: LineHandler, why: string): void {
    if (this.#port !== port) return;
    this.#port = undefined;
    this.#cancelPoll();
    if (port.isOpen) port.close(() => {});
    handler.lost(why);
  }
}

/** ENOTTY: the port has no such wires. A port that is gone is told by `close`. */
function ignored(): void {}

function cannotOpen(path: string, cause: Error): GatewayError {
  const text = cause.message;
  const advice = /no such file/i.test(text)
    ? 'is the adapter plugged in, is the path right?'
    : /permission|access/i.test(text)
      ? 'may this user open it (group dialout)?'
      : /lock|busy|temporarily/i.test(text)
        ? 'does another program hold it?'
        : text;
  return new GatewayError('lineOpen', `cannot open serial port ${path}: ${advice}`, {
    temporary: true,
    cause,
  });
}
