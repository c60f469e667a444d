import type { StoredCallRecord } from '../observe/index.js';

export const CALL_GROUPS = ['peer', 'day', 'cause', 'link'] as const;
export type CallGroup = (typeof CALL_GROUPS)[number];

/** Strangers who call may have any number of numbers: further ones are summed together. */
const MOST_GROUPS = 10_000;
const OTHERS = 'all others';

const MICRO = 1e6;

export interface CallSum {
  readonly name: string;
  calls: number;
  /** Of them: with a connection. */
  connected: number;
  connectedMs: number;
  messagesSent: number;
  messagesReceived: number;
  octetsSent: number;
  octetsReceived: number;
  segmentsSent: number;
  segmentsReceived: number;
  /** By currency; empty where nobody said which. Calls without a cost add nothing. */
  readonly cost: Map<string, number>;
}

/** What each of these calls is counted under. */
const NAME_OF: Readonly<Record<CallGroup, (record: StoredCallRecord) => string>> = {
  peer: ({ peer, direction, called, calling }) =>
    peer ?? `no peer: ${direction === 'outgoing' ? called : calling || 'without a number'}`,
  day: ({ begun }) => begun.slice(0, 'YYYY-MM-DD'.length),
  cause: ({ verdict, ending }) => `${verdict}: ${ending.text}`,
  link: ({ link }) => link,
};

/** Adds calls up, group by group. */
export class CallSums {
  readonly #group: CallGroup | undefined;
  readonly #sums = new Map<string, CallSum>();

  /** @param group absent: all together, as `all`. */
  constructor(group?: CallGroup) {
    this.#group = group;
  }

  add(record: StoredCallRecord): void {
    const sum = this.#sumOf(this.#group === undefined ? 'all' : NAME_OF[this.#group](record));
    const { sent, received, cost, currency = '' } = record;
    sum.calls++;
    if (record.connected !== undefined) sum.connected++;
    sum.connectedMs += record.connectedMs;
    sum.messagesSent += record.messagesSent;
    sum.messagesReceived += record.messagesReceived;
    sum.octetsSent += sent.octets;
    sum.octetsReceived += received.octets;
    sum.segmentsSent += sent.segments;
    sum.segmentsReceived += received.segments;
    if (cost === undefined) return;
    // In millionths, so that a year of calls at 0.1 does not come to something with a tail.
    const before = Math.round((sum.cost.get(currency) ?? 0) * MICRO);
    sum.cost.set(currency, (before + Math.round(cost * MICRO)) / MICRO);
  }

  /** Days in their order; else what was connected longest comes first. */
  sums(): readonly CallSum[] {
    const all = [...this.#sums.values()];
    if (this.#group === 'day') return all.sort((a, b) => (a.name < b.name ? -1 : 1));
    return all.sort((a, b) => b.connectedMs - a.connectedMs || b.calls - a.calls);
  }

  #sumOf(wanted: string): CallSum {
    const name = this.#sums.has(wanted) || this.#sums.size < MOST_GROUPS ? wanted : OTHERS;
    let sum = this.#sums.get(name);
    if (sum === undefined) {
      sum = {
        name,
        calls: 0,
        connected: 0,
        connectedMs: 0,
        messagesSent: 0,
        messagesReceived: 0,
        octetsSent: 0,
        octetsReceived: 0,
        segmentsSent: 0,
        segmentsReceived: 0,
        cost: new Map(),
      };
      this.#sums.set(name, sum);
    }
    return sum;
  }
}
