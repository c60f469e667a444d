import { SingleBar } from 'cli-progress';
import type { TraceEvent } from '../../circuit/index.js';
import { decodePacket } from '../../x25/index.js';

const STEP = 0.25;

/** How much of the message has gone out on the line: a bar on a terminal, now and then a line elsewhere. */
export class CrossingProgress {
  readonly #total: number;
  readonly #say: (text: string) => void;
  readonly #bar: SingleBar | undefined;
  #sent = 0;
  #nextStep = STEP;
  #started = false;

  /** @param total octets that will go out, about. */
  constructor(total: number, isTerminal: boolean, say: (text: string) => void) {
    this.#total = total;
    this.#say = say;
    if (isTerminal)
      this.#bar = new SingleBar({
        format: '  on the line  [{bar}] {percentage} %  {value}/{total} octets  {eta_formatted} left',
        hideCursor: true,
        stream: process.stdout,
      });
  }

  see(event: TraceEvent): void {
    if (event.layer !== 'packet' || event.direction !== 'sent') return;
    const packet = decodePacket(event.octets, 8);
    if (!packet.ok || packet.value.type !== 'data') return;
    if (!this.#started) {
      this.#started = true;
      this.#bar?.start(this.#total, 0);
    }
    this.#sent = Math.min(this.#total, this.#sent + packet.value.payload.length);
    this.#bar?.update(this.#sent);
    if (this.#bar !== undefined || this.#sent < this.#nextStep * this.#total) return;
    this.#say(`  on the line: ${this.#sent} of ${this.#total} octets`);
    this.#nextStep += STEP;
  }

  done(): void {
    if (this.#started) this.#bar?.stop();
    this.#started = false;
  }
}
