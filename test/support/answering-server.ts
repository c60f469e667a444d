/** A server of few words: says yes to every command, unless a test has something else to say. */

export type ServerStep =
  | 'greeting'
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'AUTH'
  | 'RSET'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'message'
  | 'BDAT'
  | 'BDAT LAST'
  | 'QUIT';

const GOOD: Partial<Record<ServerStep, string>> = {
  greeting: '220 s\r\n',
  DATA: '354 go\r\n',
  QUIT: '221 bye\r\n',
};

export class AnsweringServer {
  readonly #keywords: readonly string[];
  readonly #instead: (step: ServerStep) => string | undefined;
  #inData = false;
  #chunk: { left: number; readonly step: ServerStep } | undefined;

  /** @param instead what is said at a step, or undefined: what is usual. */
  constructor(
    keywords: readonly string[],
    instead: (step: ServerStep) => string | undefined = () => undefined,
  ) {
    this.#keywords = keywords;
    this.#instead = instead;
  }

  greet(): string {
    return this.#reply('greeting');
  }

  /** What it answers to all of this. Commands and chunks come whole, data in pieces that end lines. */
  answer(said: string): string {
    let replies = '';
    for (let at = 0; at < said.length; ) {
      const end = this.#chunk === undefined ? said.indexOf('\r\n', at) + 2 : at + this.#chunk.left;
      replies +=
        this.#chunk === undefined ? this.#line(said.slice(at, end - 2)) : this.#octets(said.length - at);
      at = end;
    }
    return replies;
  }

  #octets(given: number): string {
    if (this.#chunk === undefined) return '';
    const { step } = this.#chunk;
    this.#chunk.left -= given;
    if (this.#chunk.left > 0) return '';
    this.#chunk = undefined;
    return this.#reply(step);
  }

  #line(line: string): string {
    if (this.#inData) {
      this.#inData = line !== '.';
      return this.#inData ? '' : this.#reply('message');
    }
    const [, size, last] = /^BDAT (\d+)( LAST)?$/.exec(line) ?? [];
    if (size !== undefined) {
      this.#chunk = { left: Number(size), step: last === undefined ? 'BDAT' : 'BDAT LAST' };
      return '';
    }
    const step = line.split(' ')[0] as ServerStep;
    const reply = this.#reply(step);
    this.#inData = step === 'DATA' && reply.startsWith('3');
    return reply;
  }

  #reply(step: ServerStep): string {
    const offer = ['s', ...this.#keywords].map(
      (word, i) => `250${i < this.#keywords.length ? '-' : ' '}${word}\r\n`,
    );
    return this.#instead(step) ?? GOOD[step] ?? (step === 'EHLO' ? offer.join('') : '250 fine\r\n');
  }
}
