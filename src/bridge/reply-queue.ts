import type { EnhancedReply } from '../smtp/index.js';
import type { Asked } from './command.js';

export interface OurReply {
  readonly reply: EnhancedReply;
  /** It is the farewell, said for this reason. */
  readonly last?: string;
}

/**
 * The replies that a client is still to get, in order: each from the server, to what it was asked, or one of ours at
 * the place of a command that did not pass.
 */
export class ReplyQueue {
  readonly #owed: Array<Asked | OurReply> = [];

  get length(): number {
    return this.#owed.length;
  }

  expect(asked: Asked): void {
    this.#owed.push(asked);
  }

  /** To be asked for with `takeOurs`, now and after each reply of the server. */
  insert(ours: OurReply): void {
    this.#owed.push(ours);
  }

  /** The server has replied: @returns to what, undefined when it owed nothing. */
  takeAsked(): Asked | undefined {
    const [first] = this.#owed;
    if (typeof first !== 'string') return undefined;
    this.#owed.shift();
    return first;
  }

  /** @returns a reply of ours whose turn it is. */
  takeOurs(): OurReply | undefined {
    const [first] = this.#owed;
    if (first === undefined || typeof first === 'string') return undefined;
    this.#owed.shift();
    return first;
  }

  clear(): void {
    this.#owed.length = 0;
  }
}

/** RFC 5321 §4.3.2: 3xx asks for more, which only DATA and AUTH have. */
export function isUnexpected(code: number, asked: Asked): boolean {
  if (asked === 'DATA') return code < 300;
  return code >= 300 && code < 400 && !(code === 334 && asked === 'other');
}
