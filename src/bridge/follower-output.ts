import { type CloseReason, fromAscii } from '../core/index.js';
import { type DialogueEvent, type EnhancedReply, formatReply } from '../smtp/index.js';
import type { FollowerAction, Side } from './dialogue.js';
import { replyOctets, type WireReply } from './reply-splitter.js';

/** Gathers what one step of the follower brings about, in order; taken out one by one. */
export class FollowerOutput {
  readonly #actions: FollowerAction[] = [];

  take(): FollowerAction | undefined {
    return this.#actions.shift();
  }

  reply(to: Side, reply: EnhancedReply | WireReply): void {
    const octets = 'lines' in reply ? replyOctets(reply) : fromAscii(formatReply(reply));
    this.pass(to, octets, true);
  }

  pass(to: Side, octets: Uint8Array, endOfSequence: boolean): void {
    if (octets.length > 0) this.#actions.push({ do: 'pass', to, octets, endOfSequence });
  }

  consumed(from: Side, octets: number): void {
    this.#actions.push({ do: 'consumed', from, octets });
  }

  tell(event: DialogueEvent): void {
    this.#actions.push({ do: 'dialogue', event });
  }

  accepted(): void {
    this.#actions.push({ do: 'accepted' });
  }

  cut(why: CloseReason): void {
    this.#actions.push({ do: 'cut', why });
  }

  finish(inOrder: boolean, reason: string): void {
    this.#actions.push({ do: 'finish', inOrder, reason });
  }
}
