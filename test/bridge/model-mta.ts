import { octets, text } from '../support/smtp-drivers.js';

/** How a server reads what it is sent. The worst of what is known to exist, or the best. */
export type Manner = 'strict' | 'careless';

export interface ModelOptions {
  readonly manner: Manner;
  /** Keywords offered in reply to EHLO. */
  readonly offers: readonly string[];
}

/**
 * A server that believes everything: it writes down the commands it has understood and the messages it was given. The
 * careless one ends lines and data at any LF, skips white space and controls before a verb, and stops at a NUL.
 */
export class ModelMta {
  readonly commands: string[] = [];
  readonly messages: string[] = [];
  /** Inside TLS: what comes is not looked at. */
  isEncrypted = false;
  readonly #options: ModelOptions;
  #input = '';
  #replies: string[] = ['220 mta.example ESMTP'];
  #expects: 'command' | 'data' | 'credentials' | { readonly chunk: number; readonly last: boolean } =
    'command';

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  give(given: Uint8Array): void {
    this.#input += text(given);
    while (!this.isEncrypted && this.#step());
  }

  take(): Uint8Array {
    return octets(
      this.#replies
        .splice(0)
        .map((line) => `${line}\r\n`)
        .join(''),
    );
  }

  #step(): boolean {
    if (typeof this.#expects === 'object') return this.#chunk(this.#expects);
    if (this.#expects === 'data') return this.#data();
    const end = this.#input.indexOf(this.#options.manner === 'strict' ? '\r\n' : '\n');
    if (end < 0) return false;
    const line = this.#input.slice(0, end).replace(/\r$/, '');
    this.#input = this.#input.slice(this.#input.indexOf('\n', end) + 1);
    if (this.#expects === 'credentials') {
      this.#expects = 'command';
      this.#replies.push(line === '*' ? '501 cancelled' : '235 welcome');
    } else this.#command(line);
    return true;
  }

  #chunk({ chunk, last }: { readonly chunk: number; readonly last: boolean }): boolean {
    if (this.#input.length < chunk) return false;
    if (last) this.messages.push(this.#input.slice(0, chunk));
    this.#input = this.#input.slice(chunk);
    this.#expects = 'command';
    this.#replies.push('250 chunk');
    return true;
  }

  #data(): boolean {
    const end = this.#options.manner === 'strict' ? /^\.\r\n|\r\n\.\r\n/ : /(?:^|\r\n|\r|\n)\.(?:\r\n|\r|\n)/;
    const found = end.exec(this.#input);
    if (found === null) return false;
    this.messages.push(this.#input.slice(0, found.index));
    this.#input = this.#input.slice(found.index + found[0].length);
    this.#expects = 'command';
    this.#replies.push('250 message');
    return true;
  }

  #command(line: string): void {
    const read =
      this.#options.manner === 'strict' ? line : (line.replace(/^[\0-\x20]+/, '').split('\0')[0] ?? '');
    this.commands.push(read);
    const [verb = '', argument = '', last = ''] = read.toUpperCase().split(/[\0-\x20]+/);
    switch (verb) {
      case 'EHLO':
        this.#replies.push(
          '250-mta.example',
          ...this.#options.offers.map((word) => `250-${word}`),
          '250 HELP',
        );
        return;
      case 'DATA':
        this.#replies.push('354 go');
        this.#expects = 'data';
        return;
      case 'BDAT':
        if (this.#options.offers.includes('CHUNKING'))
          this.#expects = { chunk: Number.parseInt(argument, 10) >>> 0, last: last === 'LAST' };
        else this.#replies.push('500 what is BDAT');
        return;
      case 'AUTH':
        this.#replies.push('334 dXNlcg==');
        this.#expects = 'credentials';
        return;
      case 'STARTTLS':
        this.#replies.push('220 go');
        this.isEncrypted = true;
        return;
      case 'XCLIENT':
        this.#replies.push('220 mta.example ESMTP');
        return;
      case 'QUIT':
        this.#replies.push('221 bye');
        return;
      default:
        this.#replies.push(verb === '' ? '500 what' : '250 ok');
    }
  }
}
