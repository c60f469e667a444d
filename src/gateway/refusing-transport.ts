import type { MailSource } from './mail-source.js';
import type { Transport, TransportEnd } from './transport.js';

/** No way leads there, and none ever will: what waits is given up. */
export class RefusingTransport implements Transport {
  readonly concurrency = 1;
  readonly #reason: string;

  /** @param reason like a reply: a code and an enhanced code come first. */
  constructor(reason: string) {
    this.#reason = reason;
  }

  async run(mail: MailSource): Promise<TransportEnd> {
    const reason = this.#reason;
    for (let message = await mail.next(); message !== undefined; message = await mail.next())
      await mail.settle(
        message,
        message.recipients.map(({ address }) => ({ address, outcome: 'permanent', reason })),
      );
    return { inOrder: true, reason };
  }
}
