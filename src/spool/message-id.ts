import { randomInt } from 'node:crypto';

/** Without i, l, o and u: nobody misreads an id on the telephone, and no id spells a word. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 9; // milliseconds since 1970, until the year 3084
const COUNTER_DIGITS = 2;
const RANDOM_DIGITS = 4;

const PATTERN = new RegExp(`^[${DIGITS}]{${TIME_DIGITS + COUNTER_DIGITS + RANDOM_DIGITS}}$`);

export function isMessageId(text: string): boolean {
  return PATTERN.test(text);
}

/**
 * Message ids of 15 characters, safe in a file name of any file system. They sort as text in the order in which
 * they were made, because time comes first and never goes back here. The random end keeps two ids apart when the
 * wall clock is set back between two runs.
 */
export class MessageIds {
  readonly #wallTime: () => number;
  #time = 0;
  #counter = 0;

  constructor(wallTime: () => number) {
    this.#wallTime = wallTime;
  }

  next(): string {
    const time = Math.max(Math.floor(this.#wallTime()), this.#time);
    this.#counter = time === this.#time ? this.#counter + 1 : 0;
    this.#time = time;
    if (this.#counter === DIGITS.length ** COUNTER_DIGITS) {
      // More ids than a millisecond holds: the next millisecond begins early.
      this.#time += 1;
      this.#counter = 0;
    }
    return (
      digits(this.#time, TIME_DIGITS) +
      digits(this.#counter, COUNTER_DIGITS) +
      digits(randomInt(DIGITS.length ** RANDOM_DIGITS), RANDOM_DIGITS)
    );
  }
}

/** Division, not shifts: times have more than 32 bits. */
function digits(value: number, length: number): string {
  let text = '';
  for (; text.length < length; value = Math.floor(value / DIGITS.length)) {
    text = DIGITS.charAt(value % DIGITS.length) + text;
  }
  return text;
}
