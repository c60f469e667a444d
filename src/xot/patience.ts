import type { PacketKind } from '../x25/index.js';

/** How long an accepted connection may stand open without a call. */
const CALL_WITHIN_MS = 30_000;

/** What is repeated by itself (T24) does not show that anybody needs the call. */
const REPEATED: ReadonlySet<PacketKind> = new Set(['rr', 'rnr']);

/** How long a connection may stand without a call, and a call without anything that passes. */
export class Patience {
  readonly #idleMs: number;
  #nextDeadline: number | undefined;
  /** Undefined before there is a call. */
  #lastPassedAt: number | undefined;

  /** @param idleMs of a call; 0: for ever. */
  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  get nextDeadline(): number | undefined {
    return this.#nextDeadline;
  }

  awaitCall(now: number): void {
    this.#nextDeadline = now + CALL_WITHIN_MS;
  }

  callBegan(now: number): void {
    this.#lastPassedAt = now;
    this.#nextDeadline = this.#idleMs === 0 ? undefined : now + this.#idleMs;
  }

  /** A packet of this kind, either way. The deadline moves only when it is reached: packets cost nothing here. */
  passed(kind: PacketKind, now: number): void {
    if (this.#lastPassedAt !== undefined && !REPEATED.has(kind)) this.#lastPassedAt = now;
  }

  /** What has lasted too long now; told once. */
  takeExpired(now: number): 'noCall' | 'silence' | undefined {
    if (this.#nextDeadline === undefined || this.#nextDeadline > now) return undefined;
    this.#nextDeadline = undefined;
    if (this.#lastPassedAt === undefined) return 'noCall';
    const end = this.#lastPassedAt + this.#idleMs;
    if (end <= now) return 'silence';
    this.#nextDeadline = end;
    return undefined;
  }
}
