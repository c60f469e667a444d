import { splitAddress } from './address.js';
import { refusalOfMessage, refusalOfRecipient } from './client-envelope.js';
import type { DeliveryFacts, OutgoingMessage, PeerCapabilities, RecipientOutcome } from './session.js';

/**
 * Keeps account of one outgoing message: what is decided for each recipient, who is in the transaction that is open, and
 * for whom the server has accepted it. Recipients go by their position in the message.
 */
export class OutgoingTransaction {
  readonly message: OutgoingMessage;
  readonly #outcomes: (RecipientOutcome | undefined)[];
  readonly #accepted = new Set<number>();
  readonly #turnedAway = new Map<number, string>();
  #open: number;
  /** The server took MAIL: it must be told RSET before the next one, unless the data came to its end. */
  isOpen = false;

  constructor(message: OutgoingMessage) {
    this.message = message;
    this.#outcomes = message.recipients.map(() => undefined);
    this.#open = message.recipients.length;
  }

  accept(recipient: number): void {
    if (this.#outcomes[recipient] === undefined) this.#accepted.add(recipient);
  }

  /** The server takes no more recipients in this transaction. */
  turnAway(recipient: number, reason: string): void {
    this.#turnedAway.set(recipient, reason);
  }

  decide(
    recipient: number,
    outcome: RecipientOutcome['outcome'],
    reason: string,
    facts: DeliveryFacts = {},
  ): void {
    const address = this.message.recipients[recipient]?.address;
    if (address === undefined || this.#outcomes[recipient] !== undefined) return;
    this.#open--;
    this.#outcomes[recipient] = { address, outcome, reason, ...facts };
    this.#accepted.delete(recipient);
  }

  /** Decides for those whom the server has accepted. */
  decideAccepted(outcome: RecipientOutcome['outcome'], reason: string, facts?: DeliveryFacts): void {
    for (const recipient of [...this.#accepted]) this.decide(recipient, outcome, reason, facts);
  }

  /** Decides for all about whom nothing is decided. */
  decideRest(outcome: RecipientOutcome['outcome'], reason: string): void {
    for (const recipient of this.undecided()) this.decide(recipient, outcome, reason);
  }

  get isDecided(): boolean {
    return this.#open === 0;
  }

  /** Recipients about whom nothing is decided. */
  undecided(): number[] {
    return [...this.#outcomes.keys()].filter((recipient) => this.#outcomes[recipient] === undefined);
  }

  /** Neither decided nor turned away: a command may still change something for this one. */
  isWaiting(recipient: number): boolean {
    return this.#outcomes[recipient] === undefined && !this.#turnedAway.has(recipient);
  }

  /** Of those about whom nothing is decided, who fits into one transaction (RFC 9422). */
  nextGroup({ recipients, domains }: PeerCapabilities['limits']): number[] {
    const group: number[] = [];
    const seen = new Set<string>();
    for (const recipient of this.undecided()) {
      if (group.length >= recipients) break;
      if (domains !== Number.POSITIVE_INFINITY) {
        const { domain } = splitAddress(this.message.recipients[recipient]?.address ?? '');
        if (seen.size >= domains && !seen.has(domain)) continue;
        seen.add(domain);
      }
      group.push(recipient);
    }
    return group;
  }

  /** Whether the server has accepted a recipient who still waits for the message. */
  hasAccepted(): boolean {
    return this.#accepted.size > 0;
  }

  /** Positions of those whom the server has accepted, in the order in which it did. */
  acceptedPositions(): number[] {
    return [...this.#accepted];
  }

  /** Addresses of those whom the server has accepted. */
  accepted(): string[] {
    return this.acceptedPositions().flatMap((recipient) => this.message.recipients[recipient]?.address ?? []);
  }

  /**
   * A transaction is over. Who was turned away gets his message in the next one if this one has helped anybody; else there
   * would be no end of it.
   */
  endGroup(helped: boolean): void {
    if (!helped)
      for (const [recipient, reason] of this.#turnedAway) this.decide(recipient, 'temporary', reason);
    this.#turnedAway.clear();
    this.#accepted.clear();
  }

  /** In the order of the recipients; all must be decided. */
  outcomes(): RecipientOutcome[] {
    return this.#outcomes.filter((outcome) => outcome !== undefined);
  }
}

/** Nothing is sent where that decides for all. */
export function decideBeforehand(transaction: OutgoingTransaction, peer: PeerCapabilities): void {
  const refusal = refusalOfMessage(transaction.message, peer);
  for (const [index, recipient] of transaction.message.recipients.entries()) {
    const own = refusalOfRecipient(recipient, peer);
    // The address that is the trouble is named where the header is only suspected.
    const reason = refusal?.includes(' 5.6.9 ') ? (own ?? refusal) : (refusal ?? own);
    if (reason !== undefined) transaction.decide(index, 'permanent', reason);
  }
}
