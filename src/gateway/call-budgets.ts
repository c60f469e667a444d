import type { CallBudget, CallRules, PeerConfiguration } from '../config/index.js';
import type { WatchedBudget } from '../console/index.js';
import { Alarm, type Clock, describeError } from '../core/index.js';
import { money } from '../observe/index.js';
import { type Span, spanAround } from '../tariff/index.js';
import type { KeptSpending, SpendingStore } from './budget-file.js';
import type { CallPrices } from './call-prices.js';
import type { CallWatcher, PricedCall } from './call-watcher.js';
import type { Observe } from './events.js';
import type { NotNow } from './not-now.js';

export interface CallBudgetsOptions {
  readonly clock: Clock;
  readonly store: SpendingStore;
  readonly prices: CallPrices;
  readonly observe: Observe;
}

interface Spending {
  /** Time that is charged. */
  readonly ms: number;
  readonly cost: number;
}

interface Book {
  /** By the beginning of the day. */
  readonly days: Map<number, Spending>;
  readonly live: Set<LiveCall>;
  /** Beginning of the period for which the operator was told. */
  warned: number | undefined;
  usedUp: number | undefined;
}

interface LiveCall {
  readonly day: number;
  /** So far. */
  readonly spent: () => Spending;
}

type BudgetedRules = CallRules & { readonly budget: CallBudget };

const MINUTE = 60_000;
/** While calls are up: how often the operator may have to be told, and how much of them a crash may forget. */
const CHECK_MS = 15_000;
const SAVE_MS = MINUTE;
/** Longer than any period, with what zones may shift. */
const KEPT_MS = 62 * 24 * 60 * MINUTE;

/**
 * What was spent on our calls to peers that have a budget, and what they have left. A call counts for the day on which it was
 * connected. What is kept includes the calls that are up, so that a crash forgets at most their last minute.
 */
export class CallBudgets {
  readonly #options: CallBudgetsOptions;
  readonly #books = new Map<string, Book>();
  #rules: ReadonlyMap<string, BudgetedRules> = new Map();
  /** The period in which now lies. */
  readonly #spans = new Map<string, Span>();
  readonly #alarm: Alarm;
  #nextSave = Number.NEGATIVE_INFINITY;
  #saving: Promise<void> | undefined;
  #saveAgain = false;
  #saveFailed = false;

  private constructor(options: CallBudgetsOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.#check());
  }

  /** Begins with what is kept; what can't be read is told. */
  static async open(options: CallBudgetsOptions): Promise<CallBudgets> {
    const budgets = new CallBudgets(options);
    const { kept, problem } = await options.store.read();
    if (problem !== undefined) options.observe({ type: 'problem', problem });
    for (const [peer, { days, warned, usedUp }] of Object.entries(kept?.peers ?? {}))
      budgets.#books.set(peer, {
        days: new Map(Object.entries(days).map(([day, spent]) => [Date.parse(day), spent])),
        live: new Set(),
        warned: warned === undefined ? undefined : Date.parse(warned),
        usedUp: usedUp === undefined ? undefined : Date.parse(usedUp),
      });
    return budgets;
  }

  configure(peers: readonly PeerConfiguration[]): void {
    this.#spans.clear();
    this.#rules = new Map(
      peers.flatMap(({ name, callRules }) =>
        callRules?.budget === undefined ? [] : [[name, { ...callRules, budget: callRules.budget }]],
      ),
    );
    this.#forgetUntrue();
    this.#tellLevels();
  }

  /** Follows a call that we pay for, and lets whoever watched it before see everything as well. */
  watch(call: PricedCall, watcher: CallWatcher): CallWatcher {
    const { peer, circuit, reverseCharged } = call;
    const rules = peer === undefined ? undefined : this.#rules.get(peer);
    if (peer === undefined || rules === undefined || circuit.direction !== 'outgoing' || reverseCharged)
      return watcher;
    let live: LiveCall | undefined;
    return {
      ...watcher,
      event: (event) => {
        if (event.type === 'connected' && live === undefined) live = this.#begin(peer, call, rules);
        watcher.event(event);
      },
      ended: (outcome) => {
        if (live !== undefined) this.#end(peer, live);
        watcher.ended(outcome);
      },
    };
  }

  /** Why no call is to be placed: nothing is left for it. */
  exhausted(peer: string): NotNow | undefined {
    return this.#refuse(peer, (share) => share >= 1);
  }

  /** Why a call that is up is not to take on more: what is paid already may be used up. */
  overdrawn(peer: string): NotNow | undefined {
    return this.#refuse(peer, (share) => share > 1);
  }

  list(): WatchedBudget[] {
    return [...this.#rules].map(([peer, { budget, zone }]) => {
      const span = this.#spanOf(peer);
      const { ms, cost } = this.#spentIn(peer, span);
      return {
        peer,
        period: budget.period,
        from: new Date(span.from).toISOString(),
        to: new Date(span.to).toISOString(),
        timezone: zone.name,
        minutes: ms / MINUTE,
        cost,
        limit: {
          ...(budget.minutes !== undefined && { minutes: budget.minutes }),
          ...(budget.cost !== undefined && { cost: budget.cost }),
        },
      };
    });
  }

  /** Resolves when all is written down. */
  async close(): Promise<void> {
    this.#alarm.set(undefined);
    await this.#saving;
  }

  #begin(peer: string, call: PricedCall, { zone }: BudgetedRules): LiveCall {
    const { clock, prices } = this.#options;
    const connectedAt = clock.wallTime();
    const begun = clock.now();
    const { year, month, day } = zone.localTime(connectedAt);
    const tariff = prices.tariffOf(call.link);
    const live: LiveCall = {
      day: zone.startOfDay(year, month, day),
      spent: () => {
        const connectedMs = Math.round(clock.now() - begun);
        const { segmentsSent, segmentsReceived } = call.circuit.traffic;
        const segments = segmentsSent + segmentsReceived;
        return {
          ms: tariff?.chargesTime === true ? tariff.chargedMs(connectedMs) : connectedMs,
          cost: call.price?.costOf({ connectedAt, connectedMs, segments }) ?? 0,
        };
      },
    };
    this.#bookOf(peer).live.add(live);
    this.#check();
    this.#save();
    return live;
  }

  #end(peer: string, live: LiveCall): void {
    const { days, live: calls } = this.#bookOf(peer);
    calls.delete(live);
    days.set(live.day, sum(days.get(live.day), live.spent()));
    this.#check();
    this.#save();
  }

  #bookOf(peer: string): Book {
    let book = this.#books.get(peer);
    if (book === undefined) {
      book = { days: new Map(), live: new Set(), warned: undefined, usedUp: undefined };
      this.#books.set(peer, book);
    }
    return book;
  }

  #spanOf(peer: string): Span {
    const rules = this.#rules.get(peer);
    const now = this.#options.clock.wallTime();
    if (rules === undefined) return { from: now, to: now };
    // Asked before each message; a calendar is slow.
    let span = this.#spans.get(peer);
    if (span === undefined || now < span.from || now >= span.to) {
      span = spanAround(now, rules.budget.period, rules.zone);
      this.#spans.set(peer, span);
    }
    return span;
  }

  #spentIn(peer: string, { from, to }: Span): Spending {
    const book = this.#books.get(peer);
    const counts = (day: number): boolean => day >= from && day < to;
    const over = [...(book?.days ?? [])].flatMap(([day, spent]) => (counts(day) ? [spent] : []));
    const live = [...(book?.live ?? [])].flatMap(({ day, spent }) => (counts(day) ? [spent()] : []));
    return [...over, ...live].reduce<Spending>(sum, NOTHING);
  }

  #refuse(peer: string, isOver: (share: number) => boolean): NotNow | undefined {
    const rules = this.#rules.get(peer);
    if (rules === undefined) return undefined;
    const span = this.#spanOf(peer);
    const spent = this.#spentIn(peer, span);
    if (!isOver(shareOf(spent, rules.budget))) return undefined;
    return {
      why: 'budget',
      reason: `its budget is used up, ${this.#words(spent, rules.budget)}`,
      until: span.to,
    };
  }

  /** `96.0 of 120 minutes in this month`. */
  #words({ ms, cost }: Spending, { minutes, cost: most, period }: CallBudget): string {
    const facts = [
      ...(minutes === undefined ? [] : [`${(ms / MINUTE).toFixed(1)} of ${minutes} minutes`]),
      ...(most === undefined ? [] : [`${money(cost)} of ${money(most)}`]),
    ];
    return `${facts.join(' and ')} in this ${period}`;
  }

  /** What was told of a smaller budget says nothing of a larger one. */
  #forgetUntrue(): void {
    for (const [peer, { budget }] of this.#rules) {
      const book = this.#books.get(peer);
      if (book === undefined) continue;
      const share = shareOf(this.#spentIn(peer, this.#spanOf(peer)), budget);
      if (share < 1) book.usedUp = undefined;
      if (share < budget.warn) book.warned = undefined;
    }
  }

  /** Tells the operator what he has to know, once in a period. */
  #tellLevels(): void {
    for (const [peer, { budget }] of this.#rules) {
      const book = this.#books.get(peer);
      if (book === undefined) continue;
      const span = this.#spanOf(peer);
      const spent = this.#spentIn(peer, span);
      const share = shareOf(spent, budget);
      const level = share >= 1 ? 'usedUp' : share >= budget.warn ? 'warned' : undefined;
      if (level === undefined || book.usedUp === span.from || book[level] === span.from) continue;
      book[level] = span.from;
      this.#options.observe({
        type: 'budget',
        peer,
        level,
        spent: this.#words(spent, budget),
        until: span.to,
      });
      this.#save();
    }
  }

  #check(): void {
    const { clock } = this.#options;
    this.#tellLevels();
    if (clock.now() >= this.#nextSave) this.#save();
    const isUp = [...this.#books.values()].some(({ live }) => live.size > 0);
    this.#alarm.set(isUp ? clock.now() + CHECK_MS : undefined);
  }

  /** One writing at a time; many changes meanwhile cost one more. */
  #save(): void {
    this.#nextSave = this.#options.clock.now() + SAVE_MS;
    this.#saveAgain = true;
    this.#saving ??= this.#saveUntilQuiet();
  }

  async #saveUntilQuiet(): Promise<void> {
    const { store, observe } = this.#options;
    while (this.#saveAgain) {
      this.#saveAgain = false;
      try {
        await store.write(this.#kept());
        this.#saveFailed = false;
      } catch (error) {
        if (!this.#saveFailed)
          observe({
            type: 'problem',
            problem: `what calls have cost can't be kept: ${describeError(error)}`,
          });
        this.#saveFailed = true;
      }
    }
    this.#saving = undefined;
  }

  #kept(): KeptSpending {
    const oldest = this.#options.clock.wallTime() - KEPT_MS;
    const peers: KeptSpending['peers'] = {};
    for (const [peer, { days, live, warned, usedUp }] of this.#books) {
      for (const day of [...days.keys()]) if (day < oldest) days.delete(day);
      const all = new Map(days);
      if (all.size === 0 && live.size === 0 && !this.#rules.has(peer)) {
        this.#books.delete(peer);
        continue;
      }
      for (const call of live) all.set(call.day, sum(all.get(call.day), call.spent()));
      peers[peer] = {
        days: Object.fromEntries([...all].map(([day, spent]) => [iso(day), spent])),
        ...(warned !== undefined && { warned: iso(warned) }),
        ...(usedUp !== undefined && { usedUp: iso(usedUp) }),
      };
    }
    return { version: 1, peers };
  }
}

const NOTHING: Spending = { ms: 0, cost: 0 };

/** Money in millionths, so that a month of calls at 0.1 does not come to something with a tail. */
const MICRO = 1e6;

function sum(one: Spending = NOTHING, other: Spending = NOTHING): Spending {
  return {
    ms: one.ms + other.ms,
    cost: (Math.round(one.cost * MICRO) + Math.round(other.cost * MICRO)) / MICRO,
  };
}

/** Of the limit that is nearer; a limit of nothing is used up from the beginning. */
function shareOf({ ms, cost }: Spending, { minutes, cost: most }: CallBudget): number {
  const part = (spent: number, limit: number | undefined): number =>
    limit === undefined ? 0 : limit === 0 ? Number.POSITIVE_INFINITY : spent / limit;
  return Math.max(part(ms / MINUTE, minutes), part(cost, most));
}

function iso(wallTime: number): string {
  return new Date(wallTime).toISOString();
}
