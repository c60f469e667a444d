/** Makes of what programs write a message as it is sent: lines ended by CR LF, and an end. */

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/**
 * Ends every line by CR LF, whatever ended it before; a CR within a line ends it too, since nothing with a bare CR is sent on.
 * The last line gets an end.
 *
 * @param dotEnds a line with a dot alone ends the message, as sendmail takes it without -i.
 */
export async function* messageLines(
  input: AsyncIterable<Uint8Array>,
  { dotEnds = false }: { readonly dotEnds?: boolean } = {},
): AsyncGenerator<Uint8Array, void, void> {
  const reader = new LineEnds(dotEnds);
  for await (const piece of input) {
    const octets = reader.pass(piece);
    if (octets.length > 0) yield octets;
    if (reader.isOver) return;
  }
  const rest = reader.finish();
  if (rest.length > 0) yield rest;
}

class LineEnds {
  readonly #dotEnds: boolean;
  #sawCr = false;
  /** Octets of the line so far. */
  #length = 0;
  /** The line is a dot so far, which is held back until it is known whether it is the end. */
  #heldDot = false;
  isOver = false;

  constructor(dotEnds: boolean) {
    this.#dotEnds = dotEnds;
  }

  pass(piece: Uint8Array): Uint8Array {
    const out = Buffer.allocUnsafe(2 * piece.length + 3);
    let at = 0;
    const put = (octet: number): void => {
      out[at++] = octet;
    };
    for (const octet of piece) {
      const isSecond = octet === LF && this.#sawCr;
      this.#sawCr = octet === CR;
      if (isSecond) continue; // the CR before it has ended the line
      if (octet === CR || octet === LF) {
        if (this.#heldDot) {
          this.isOver = true;
          break;
        }
        put(CR);
        put(LF);
        this.#length = 0;
      } else if (this.#dotEnds && octet === DOT && this.#length++ === 0) {
        this.#heldDot = true;
      } else {
        if (this.#heldDot) put(DOT);
        this.#heldDot = false;
        this.#length++;
        put(octet);
      }
    }
    return out.subarray(0, at);
  }

  finish(): Uint8Array {
    if (this.#heldDot || this.#length === 0) return new Uint8Array(0);
    return Buffer.from('\r\n');
  }
}
