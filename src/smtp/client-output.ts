import type { ClientAction, DialogueEvent } from './session.js';

/** What the driver is to do next, or the end. Nothing follows it in a list of actions. */
type Handover = Extract<ClientAction, { do: 'ready' | 'pull' | 'upgrade' | 'turned' | 'finished' }>;

/** RFC 1090 §4 encourages sequences of 2048 octets; what is handed over at once is a good many of them. */
const MAX_SEND = 64 * 1024;

/**
 * Gathers what one call of the client session brings about: `consumed` first, what the driver answers or the end last,
 * so that a driver may answer from within its loop over the actions.
 */
export class ClientOutput {
  #actions: ClientAction[] = [];
  #handover: Handover | undefined;
  #awaiting = false;

  send(octets: Uint8Array, endOfSequence: boolean): void {
    for (let at = 0; at < octets.length; at += MAX_SEND) {
      const last = at + MAX_SEND >= octets.length;
      const piece = octets.subarray(at, at + MAX_SEND);
      this.#actions.push({ do: 'send', octets: piece, endOfSequence: last && endOfSequence });
    }
  }

  /** Comes before all that the octets bring about. */
  consumed(octets: number): void {
    if (octets > 0) this.#actions.unshift({ do: 'consumed', octets });
  }

  event(event: DialogueEvent): void {
    this.#actions.push({ do: 'dialogue', event });
  }

  /** Says whether a reply is owed by the server; an event only when that changes. */
  awaiting(awaiting: boolean): void {
    if (this.#awaiting !== awaiting) this.event(awaiting ? 'awaiting' : 'settled');
    this.#awaiting = awaiting;
  }

  result(result: Extract<ClientAction, { do: 'result' }>): void {
    this.#actions.push(result);
  }

  notFetched(code: number, reason: string): void {
    this.#actions.push({ do: 'notFetched', code, reason });
  }

  /** A later one in the same call takes the place of an earlier one. */
  handOver(action: Handover): void {
    this.#handover = action;
  }

  take(): ClientAction[] {
    const actions = this.#actions;
    if (this.#handover !== undefined) actions.push(this.#handover);
    this.#actions = [];
    this.#handover = undefined;
    return actions;
  }
}
