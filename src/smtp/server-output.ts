import { concat, fromAscii } from '../core/index.js';
import { type EnhancedReply, formatReply } from './reply.js';
import type { DialogueEvent, ServerAction } from './session.js';

/** What the driver is to do next, and tells us when it has; or the end. Nothing follows it in a list of actions. */
type Handover = Extract<ServerAction, { do: 'ask' | 'body' | 'close' }>;

/**
 * Gathers what one call of the server session brings about, and puts it in order: `discard`, one `send` with all
 * replies, `consumed`, events, and last what the driver answers or the end. So a driver may answer from within its
 * loop over the actions.
 */
export class ServerOutput {
  #replies: Uint8Array[] = [];
  #consumed = 0;
  #discard = false;
  #events: DialogueEvent[] = [];
  #handover: Handover | undefined;
  #awaiting = false;

  reply(reply: EnhancedReply): void {
    this.#replies.push(fromAscii(formatReply(reply)));
  }

  /** Nobody is there any longer to read them. */
  dropReplies(): void {
    this.#replies = [];
  }

  consumed(octets: number): void {
    this.#consumed += octets;
  }

  discard(): void {
    this.#discard = true;
  }

  event(event: DialogueEvent): void {
    this.#events.push(event);
  }

  /** Says whether something is owed by the client; an event only when that changes. @returns whether it did. */
  awaiting(awaiting: boolean): boolean {
    const changed = this.#awaiting !== awaiting;
    if (changed) this.#events.push(awaiting ? 'awaiting' : 'settled');
    this.#awaiting = awaiting;
    return changed;
  }

  handOver(action: Handover): void {
    this.#handover = action;
  }

  hasReplies(): boolean {
    return this.#replies.length > 0;
  }

  /** @param holdReplies leaves the replies for a later list. */
  take(holdReplies: boolean): ServerAction[] {
    const actions: ServerAction[] = [];
    if (this.#discard) actions.push({ do: 'discard' });
    if (this.#replies.length > 0 && !holdReplies) {
      actions.push({ do: 'send', octets: concat(this.#replies) });
      this.#replies = [];
    }
    if (this.#consumed > 0) actions.push({ do: 'consumed', octets: this.#consumed });
    for (const event of this.#events) actions.push({ do: 'dialogue', event });
    if (this.#handover !== undefined) actions.push(this.#handover);
    this.#discard = false;
    this.#consumed = 0;
    this.#events = [];
    this.#handover = undefined;
    return actions;
  }
}
