/**
 * Carrier loss where no DCD is to be had: the modem says NO CARRIER in the middle of what it received, and is in
 * command state from then on. Mail may contain the same words, so where they stand decides, and what follows them:
 *
 * - Right behind a flag no frame can begin so, since frames begin with a LAPB address (01, 03), and a flag that is part
 *   of mail travels as an escape. A short silence after it settles the matter.
 * - In the middle of a frame, where the carrier usually breaks off, the words may be mail. In a frame octets follow each
 *   other at the speed of the line; only when nothing at all follows for a long time, the words were the modem's.
 *
 * Until the matter is settled nothing may be sent: to a modem in command state the text of a mail could be commands,
 * and dial. A false alarm costs seconds; the worst that a mail could gain by a stall of the line at the very
 * octet is one hang-up, after which it is sent again. Numeric result codes can't be told from data at all: with those,
 * and whenever the words arrive garbled, LAPB finds out when its N2 is exhausted.
 */
export class CarrierText {
  /** The last octets as text; 7E, the flag, is `~`. */
  #tail = '';

  /**
   * Takes what was received.
   * @returns how long silence must last for the carrier to count as lost, milliseconds; undefined: no sign of it.
   */
  push(octets: Uint8Array): number | undefined {
    const last = octets.subarray(Math.max(0, octets.length - LONGEST));
    this.#tail = (this.#tail + String.fromCharCode(...last)).slice(-LONGEST);
    if (BEHIND_FLAG.test(this.#tail)) return QUIET_BEHIND_FLAG_MS;
    return ANYWHERE.test(this.#tail) ? QUIET_IN_FRAME_MS : undefined;
  }

  reset(): void {
    this.#tail = '';
  }
}

const BEHIND_FLAG = /~\r?\n?NO CARRIER\r\n?$/;
const ANYWHERE = /(?:^|[\r\n])NO CARRIER\r\n?$/;
const LONGEST = '~\r\nNO CARRIER\r\n'.length;

const QUIET_BEHIND_FLAG_MS = 500;
const QUIET_IN_FRAME_MS = 5000;
