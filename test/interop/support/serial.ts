import { join } from 'node:path';
import { Background } from './programs.js';

/** Two pseudo-terminals joined back to back, as a null modem cable joins two ports. */
export class SerialPair {
  readonly a: string;
  readonly b: string;
  readonly #socat: Background;

  static async open(folder: string): Promise<SerialPair> {
    const pair = new SerialPair(folder);
    await pair.#socat.says(/starting data transfer loop/);
    return pair;
  }

  private constructor(folder: string) {
    this.a = join(folder, 'tty-a');
    this.b = join(folder, 'tty-b');
    this.#socat = new Background('socat', [
      '-d',
      '-d',
      `pty,raw,echo=0,link=${this.a}`,
      `pty,raw,echo=0,link=${this.b}`,
    ]);
  }

  async close(): Promise<void> {
    await this.#socat.stop();
  }
}
