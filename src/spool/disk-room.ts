import type { FileSystem } from './bodies.js';
import { storeFault } from './fault.js';

/** As long as there is much more room than is needed, what was found is good for so long. */
const GOOD_FOR_MS = 100;
/** Nobody fills so much in that time. */
const PLENTY_OCTETS = 2 ** 30;

/** How much room the disk has. Every message asks, and asking the system costs as much as all else that is done then. */
export class DiskRoom {
  readonly #files: FileSystem;
  readonly #directory: string;
  readonly #now: () => number;
  #free = 0;
  #until = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds, never going back */
  constructor(files: FileSystem, directory: string, now: () => number = () => performance.now()) {
    this.#files = files;
    this.#directory = directory;
    this.#now = now;
  }

  /**
   * Whether so many octets fit, for who runs the gateway.
   * @throws GatewayError when the disk does not say
   */
  async holds(octets: number): Promise<boolean> {
    if (this.#free - octets < PLENTY_OCTETS || this.#now() >= this.#until) {
      this.#free = await this.#ask();
      this.#until = this.#now() + GOOD_FOR_MS;
    }
    return this.#free >= octets;
  }

  async #ask(): Promise<number> {
    try {
      const { bavail, bsize } = await this.#files.statfs(this.#directory);
      return bavail * bsize;
    } catch (error) {
      throw storeFault(error);
    }
  }
}
