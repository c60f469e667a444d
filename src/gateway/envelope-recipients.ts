import type { PolicyVerdict } from '../routing/index.js';
import type { RecipientParameters } from '../smtp/index.js';
import type { EnvelopeRecipient } from '../spool/index.js';

/** An address that stood for several others, of which the sender wants to hear that it was reached (RFC 3461 §5.2.7). */
export interface ExpandedRecipient extends RecipientParameters {
  readonly address: string;
}

/** The recipients of a message as they are named, and what they come to: an alias may stand for several. */
export class EnvelopeRecipients {
  readonly #all: EnvelopeRecipient[] = [];
  readonly #expanded: ExpandedRecipient[] = [];
  #hold: string | undefined;

  /** @param asked for this address. @param admitted what the policy says of it. */
  add(
    address: string,
    asked: RecipientParameters,
    admitted: PolicyVerdict & { readonly accept: true },
  ): void {
    this.#hold ??= admitted.hold;
    const isExpanded = admitted.recipients.length > 1;
    if (isExpanded && asked.notify?.includes('SUCCESS') === true) this.#expanded.push({ address, ...asked });
    const kept = isExpanded ? withoutSuccess(asked) : asked;
    this.#all.push(...admitted.recipients.map((recipient) => ({ ...recipient, ...kept })));
  }

  get all(): readonly EnvelopeRecipient[] {
    return this.#all;
  }

  /** Why the message is to wait, where a rule says so. */
  get hold(): string | undefined {
    return this.#hold;
  }

  /** What belongs to `Received`. */
  get forReport(): { readonly expanded?: readonly ExpandedRecipient[] } {
    return this.#expanded.length > 0 ? { expanded: this.#expanded } : {};
  }
}

/** RFC 3461 §5.2.7: one word of success would be followed by others for the same address; trouble is still told. */
function withoutSuccess({ notify, ...others }: RecipientParameters): RecipientParameters {
  return notify === undefined ? others : { ...others, notify: notify.filter((event) => event !== 'SUCCESS') };
}
