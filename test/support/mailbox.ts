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
    const answer = (text: string): void =>
      queueMicrotask(() => {
        if (!isOver && text !== '') receiver?.octets(Buffer.from(text));
      });
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      queueMicrotask(() => receiver?.ended({ inOrder: true, reason: 'closed' }));
    };
    return {
      write: (octets) => {
        const text = Buffer.from(octets).toString('latin1');
        this.said += text;
        answer(server.answer(text));
        return true;
      },
      consumed: () => {},
      close: end,
      abort: end,
      setReceiver: (next) => {
        receiver = next;
        answer(server.greet());
      },
    };
  };
}
