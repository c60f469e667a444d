import { isAddress } from './address.js';
import type { OutgoingMessage, PeerCapabilities, RecipientOutcome } from './session.js';

/** Keeps account of one outgoing message: what is decided for each recipient, and for whom the server has accepted it. */
export class OutgoingTransaction {
  readonly message: OutgoingMessage;
  readonly #outcomes: (RecipientOutcome | undefined)[];
  readonly #accepted = new Set<number>();
  /** The server took MAIL: it must be told RSET before the next one, unless the data came to its end. */
  isOpen = false;

  constructor(message: OutgoingMessage) {
    this.message = message;
    this.#outcomes = message.recipients.map(() => undefined);
  }

  accept(recipient: number): void {
    if (this.#outcomes[recipient] === undefined) this.#accepted.add(recipient);
  }

  decide(recipient: number, outcome: RecipientOutcome['outcome'], reason: string): void {
    const address = this.message.recipients[recipient];
    if (address === undefined || this.#outcomes[recipient] !== undefined) return;
    this.#outcomes[recipient] = { address, outcome, reason };
    this.#accepted.delete(recipient);
  }

  /** Decides for all about whom nothing is decided. */
  decideRest(outcome: RecipientOutcome['outcome'], reason: string): void {
    for (const recipient of this.message.recipients.keys()) this.decide(recipient, outcome, reason);
  }

  /** Recipients about whom nothing is decided, by position. */
  undecided(): number[] {
    return [...this.message.recipients.keys()].filter((recipient) => this.#outcomes[recipient] === undefined);
  }

  /** Whether the server has accepted a recipient who still waits for the message. */
  hasAccepted(): boolean {
    return this.#accepted.size > 0;
  }

  /** In the order of the recipients; all must be decided. */
  outcomes(): RecipientOutcome[] {
    return this.#outcomes.filter((outcome) => outcome !== undefined);
  }
}

/**
 * Decides what needs no server: a message that this one can't take, and addresses that can't be written into a
 * command. Nothing is sent where that decides for all.
 */
export function decideBeforehand(transaction: OutgoingTransaction, peer: PeerCapabilities): void {
  const { message } = transaction;
  if (peer.size !== undefined && peer.size > 0 && message.size > peer.size)
    transaction.decideRest(
      'permanent',
      `552 5.3.4 message has ${message.size} octets, ${peer.name} takes ${peer.size}`,
    );
  if (message.body === '8BITMIME' && !peer.eightBitMime)
    transaction.decideRest('permanent', `554 5.6.3 message has 8-bit octets, ${peer.name} takes only 7-bit`);
  if (message.sender !== '' && !isAddress(message.sender))
    transaction.decideRest('permanent', '553 5.1.7 sender is no address that can be given to a server');
  for (const [recipient, address] of message.recipients.entries())
    if (!isAddress(address))
      transaction.decide(recipient, 'permanent', '553 5.1.3 not an address that can be given to a server');
}
