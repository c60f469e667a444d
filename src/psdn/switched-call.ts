import type { Circuit, CircuitEvent, ClearReason, Ending, IncomingCall, Piece } from '../circuit/index.js';

/** What a network says of its own accord (X.25 table 5-7). */
const CAUSES = { outOfOrder: 0x09, remoteProcedureError: 0x11 };
const TIMER_EXPIRED_FOR_INCOMING_CALL = 0x31;

/** Carries out something after the network's transit delay, in order. */
export type Transit = (carryOut: () => void) => void;

/**
 * One call through the switch: what comes from one access goes out on the other. Packet and window sizes have local
 * significance (X.25 §4.4.1.2): each access acknowledges for itself, and pieces are cut anew to its packet size.
 */
export class SwitchedCall {
  readonly #incoming: IncomingCall;
  readonly #outgoing: Circuit;
  readonly #transit: Transit;
  readonly #onOver: () => void;
  /** The circuit to the caller, once the called side has answered. */
  #caller: Circuit | undefined;
  /** What the called side sent before that circuit was open; its window bounds it. Undefined once it is open. */
  #early: CircuitEvent[] | undefined = [];
  /** Octets sent to a circuit that asked to wait: not yet acknowledged where they came from. */
  readonly #held = new Map<Circuit, number>();
  #over = false;

  /** @param outgoing placed already; nothing has come from it yet. */
  constructor(incoming: IncomingCall, outgoing: Circuit, transit: Transit, onOver: () => void) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#transit = transit;
    this.#onOver = onOver;
    incoming.onWithdrawn((ending) => this.#transit(() => this.#end(outgoing, ending)));
    outgoing.setListener((event) => this.#transit(() => this.#fromCalled(event)));
  }

  #fromCalled(event: CircuitEvent): void {
    if (this.#caller !== undefined) {
      if (this.#early === undefined || event.type === 'cleared')
        this.#pass(event, this.#outgoing, this.#caller);
      else this.#early.push(event);
    } else if (event.type === 'connected') this.#answered(event);
    else if (event.type === 'cleared' && !this.#over) {
      this.#finish();
      this.#incoming.refuse(toReason(event.ending));
    }
  }

  #answered({ facilities, userData }: CircuitEvent & { type: 'connected' }): void {
    const caller = this.#incoming.accept({ facilities, userData });
    if (caller === undefined) return; // gone meanwhile: `withdrawn` clears the other side
    this.#caller = caller;
    caller.setListener((event) => {
      if (event.type === 'connected') this.#callerIsOpen(caller);
      else this.#transit(() => this.#pass(event, caller, this.#outgoing));
    });
  }

  #callerIsOpen(caller: Circuit): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) this.#pass(event, this.#outgoing, caller);
  }

  #pass(event: CircuitEvent, from: Circuit, to: Circuit): void {
    switch (event.type) {
      case 'piece':
        this.#passPiece(event.piece, from, to);
        return;
      case 'ready': {
        // `from` takes more: what came for it from `to` meanwhile counts as used up now.
        const held = this.#held.get(from) ?? 0;
        this.#held.delete(from);
        if (held > 0) to.consumed(held);
        return;
      }
      case 'interrupt':
        to.interrupt(event.octets);
        return;
      case 'reset':
        if (event.by === 'peer') to.reset(event.cause, event.diagnostic);
        return;
      case 'cleared':
        this.#end(to, event.ending);
        return;
      case 'requested':
      case 'connected':
      case 'delivered':
      case 'interruptConfirmed':
        return;
    }
  }

  #passPiece(piece: Piece, from: Circuit, to: Circuit): void {
    if (this.#over) return;
    const { length } = piece.octets;
    if (to.send(piece)) from.consumed(length);
    else this.#held.set(to, (this.#held.get(to) ?? 0) + length);
  }

  #end(other: Circuit, ending: Ending): void {
    if (this.#over) return;
    this.#finish();
    other.clear(toReason(ending));
  }

  #finish(): void {
    this.#over = true;
    this.#held.clear();
    this.#onOver();
  }
}

/** What the far side is told: codes of a DTE pass, the network speaks for lines and timers. */
function toReason({ by, cause, diagnostic, facilities, userData }: Ending): ClearReason {
  switch (by) {
    case 'peer':
      return { cause, diagnostic, facilities, userData };
    case 'link':
      return { cause: CAUSES.outOfOrder, diagnostic };
    case 'us':
      return {
        cause: CAUSES.remoteProcedureError,
        diagnostic: diagnostic === 0 ? TIMER_EXPIRED_FOR_INCOMING_CALL : diagnostic,
      };
  }
}
