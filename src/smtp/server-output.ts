import { concat, fromAscii } from '../core/index.js';
import { type EnhancedReply, formatReply } from './reply.js';
import type { Misdeed, ServerAction } from './server-interface.js';
import type { DialogueEvent } from './session.js';

/** What the driver is to do next, and tells us when it has; or the end. Nothing follows it in a list of actions. */
type Handover = Extract<ServerAction, { do: 'ask' | 'body' | 'upgrade' | 'turn' | 'close' }>;

/**
 * Gathers what one call of the server session brings about, and puts it in order: `discard`, one `send` with all
 * replies, `consumed`, events, and last what the driver answers or the end. So a driver may answer from within its
 * loop over the actions.
 */
export class ServerOutput {
  readonly #statusCodes: boolean;
  #replies: Uint8Array[] = [];
  #consumed = 0;
  #discard: 'refused' | 'cutOff' | undefined;
  #misdeeds: Misdeed[] = [];
  #events: DialogueEvent[] = [];
  #handover: Handover | undefined;
  #awaiting = false;

  /** @param statusCodes whether replies have enhanced status codes (RFC 2034). */
  constructor(statusCodes: boolean) {
    this.#statusCodes = statusCodes;
  }

  reply(reply: EnhancedReply): void {
    const { code, text } = reply;
    this.#replies.push(fromAscii(formatReply(this.#statusCodes ? reply : { code, text })));
  }

  /** Nobody is there any longer to read them. */
  dropReplies(): void {
    this.#replies = [];
  }

  consumed(octets: number): void {
    this.#consumed += octets;
  }

  discard(why: 'refused' | 'cutOff'): void {
    this.#discard = why;
  }

  count(what: Misdeed): void {
    this.#misdeeds.push(what);
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
    if (this.#discard !== undefined) actions.push({ do: 'discard', why: this.#discard });
    for (const what of this.#misdeeds) actions.push({ do: 'count', what });
    if (this.#replies.length > 0 && !holdReplies) {
      actions.push({ do: 'send', octets: concat(this.#replies) });
      this.#replies = [];
    }
    if (this.#consumed > 0) actions.push({ do: 'consumed', octets: this.#consumed });
    for (const event of this.#events) actions.push({ do: 'dialogue', event });
    if (this.#handover !== undefined) actions.push(this.#handover);
    this.#discard = undefined;
    this.#misdeeds = [];
    this.#consumed = 0;
    this.#events = [];
    this.#handover = undefined;
    return actions;
  }
}
