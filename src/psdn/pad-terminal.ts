import type { Clock } from '../core/index.js';
import type { Line, LineHandler } from '../line/index.js';
import type { EmulatedPad } from './emulated-pad.js';

/** The terminal's end of a line to a PAD: octets, and what V.24 has besides them. */
export class PadTerminal implements Line {
  readonly name: string;
  readonly #line: Line;
  readonly #pad: EmulatedPad;
  readonly #clock: Clock;
  readonly #delayMs: number;
  #handler: LineHandler | undefined;
  /** The line has said that it takes no more; it will say when it does. */
  #lineIsFull = false;
  /** A writer was told to wait. */
  #writerWaits = false;

  /** @param delayMs how long everything takes from one end to the other. */
  constructor(line: Line, pad: EmulatedPad, clock: Clock, delayMs: number) {
    this.name = line.name;
    this.#line = line;
    this.#pad = pad;
    this.#clock = clock;
    this.#delayMs = delayMs;
    pad.whenTaking = () => this.#release();
  }

  open(handler: LineHandler): Promise<void> {
    this.#handler = handler;
    return this.#line.open({
      received: (octets) => handler.received(octets),
      writable: () => {
        this.#lineIsFull = false;
        this.#release();
      },
      lost: (why) => handler.lost(why),
    });
  }

  write(octets: Uint8Array): boolean {
    this.#lineIsFull = !this.#line.write(octets);
    const hasRoom = !this.#lineIsFull && this.#pad.takes; // the PAD's CTS
    this.#writerWaits ||= !hasRoom;
    return hasRoom;
  }

  close(): Promise<void> {
    this.hangUp();
    return this.#line.close();
  }

  /** A break, after all that was written. */
  sendBreak(): void {
    this.#clock.wake(this.#clock.now() + this.#delayMs, () => this.#pad.breakReceived());
  }

  /** DTR is dropped, and raised again. */
  hangUp(): void {
    this.#pad.hangUp();
  }

  /** RTS: the PAD sends nothing while reading is paused. */
  pause(paused: boolean): void {
    this.#pad.setTerminalReady(!paused);
  }

  #release(): void {
    if (!this.#writerWaits || this.#lineIsFull || !this.#pad.takes) return;
    this.#writerWaits = false;
    this.#handler?.writable();
  }
}
