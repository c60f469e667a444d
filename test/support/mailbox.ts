import type { OctetStream, StreamReceiver } from '../../src/core/index.js';
import { AnsweringServer, type ServerStep } from './answering-server.js';

/** A mail server at the end of a gateway's TCP side, for `connect`. */
export class Mailbox {
  /** All that was said to it, sessions one after the other. */
  said = '';
  readonly #keywords: readonly string[];
  readonly #instead: (step: ServerStep) => string | undefined;

  constructor(
    keywords: readonly string[] = [],
    instead: (step: ServerStep) => string | undefined = () => undefined,
  ) {
    this.#keywords = keywords;
    this.#instead = instead;
  }

  readonly connect = async (): Promise<OctetStream> => {
    const server = new AnsweringServer(this.#keywords, this.#instead);
    let receiver: StreamReceiver | undefined;
    let isOver = false;
    let unread = '';
    const answer = (text: string): void =>
      queueMicrotask(() => {
        if (!isOver && text !== '') receiver?.octets(Buffer.from(text));
      });
    const close = (): void => {
      if (isOver) return;
      isOver = true;
      queueMicrotask(() => receiver?.ended({ inOrder: true, reason: 'closed' }));
    };
    return {
      write: (octets) => {
        const text = Buffer.from(octets).toString('latin1');
        this.said += text;
        unread += text;
        // A chunk comes whole, and need not end a line.
        const lines = unread.lastIndexOf('\r\n') + 1;
        const end = this.#keywords.includes('CHUNKING') ? unread.length : lines && lines + 1;
        answer(server.answer(unread.slice(0, end)));
        unread = unread.slice(end);
        return true;
      },
      consumed: () => {},
      close,
      abort: close,
      setReceiver: (next) => {
        receiver = next;
        answer(server.greet());
      },
    };
  };
}
