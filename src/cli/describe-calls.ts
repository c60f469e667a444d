/** Call records and their sums, for people and as CSV (RFC 4180). */
import { count, duration, money, type StoredCallRecord, utc } from '../observe/index.js';
import type { CallGroup, CallSum } from './call-sums.js';
import { oneLine } from './printable.js';
import { section } from './section.js';

/** One line. */
export function describeCall(record: StoredCallRecord): string {
  const { begun, link, direction, called, calling, peer, connected, connectedMs, sent, received } = record;
  const other = direction === 'outgoing' ? called : calling || 'without a number';
  const facts = [
    ...(connected === undefined ? [] : [duration(connectedMs)]),
    ...(record.messagesSent > 0 ? [`${count(record.messagesSent, 'message')} sent`] : []),
    ...(record.messagesReceived > 0 ? [`${count(record.messagesReceived, 'message')} received`] : []),
    ...(connected === undefined ? [] : [`segments out ${sent.segments}, in ${received.segments}`]),
    ...(record.resets > 0 ? [count(record.resets, 'reset')] : []),
    ...(record.cost === undefined ? [] : [money(record.cost, record.currency)]),
    record.ending.text,
  ];
  const way = `${link} ${direction === 'outgoing' ? 'to' : 'from'} ${other}${peer === undefined ? '' : ` (${peer})`}`;
  return `${utc(Date.parse(begun))} ${oneLine(`${way} ${record.verdict}: ${facts.join(', ')}`)}\n`;
}

export function describeSums(group: CallGroup, sums: readonly CallSum[], total: CallSum | undefined): string {
  const head = [group, 'calls', 'connected', 'time', 'messages out/in', 'segments out/in', 'cost'];
  const rows = [...sums, ...(total === undefined ? [] : [total])].map((sum) => [
    oneLine(sum.name),
    String(sum.calls),
    String(sum.connected),
    duration(sum.connectedMs),
    `${sum.messagesSent}/${sum.messagesReceived}`,
    `${sum.segmentsSent}/${sum.segmentsReceived}`,
    moneyOf(sum),
  ]);
  return section(`By ${group}`, [head, ...rows]);
}

export function describeTotal(total: CallSum): string {
  const { calls, connected, connectedMs, messagesSent, messagesReceived, segmentsSent, segmentsReceived } =
    total;
  const facts = [
    `${count(calls, 'call')}, ${connected} connected for ${duration(connectedMs)}`,
    `messages out ${messagesSent}, in ${messagesReceived}`,
    `segments out ${segmentsSent}, in ${segmentsReceived}`,
    ...(total.cost.size === 0 ? [] : [moneyOf(total)]),
  ];
  return `${facts.join('; ')}\n`;
}

function moneyOf({ cost }: CallSum): string {
  return [...cost]
    .map(([currency, amount]) => money(amount, currency === '' ? undefined : currency))
    .join(', ');
}

type Columns<Value> = Readonly<Record<string, (value: Value) => string | number | undefined>>;

const CALL_COLUMNS: Columns<StoredCallRecord> = {
  begun: ({ begun }) => begun,
  connected: ({ connected }) => connected,
  ended: ({ ended }) => ended,
  link: ({ link }) => link,
  direction: ({ direction }) => direction,
  called: ({ called }) => called,
  calling: ({ calling }) => calling,
  peer: ({ peer }) => peer,
  verdict: ({ verdict }) => verdict,
  connected_ms: ({ connectedMs }) => connectedMs,
  messages_sent: ({ messagesSent }) => messagesSent,
  messages_received: ({ messagesReceived }) => messagesReceived,
  packets_sent: ({ sent }) => sent.packets,
  packets_received: ({ received }) => received.packets,
  octets_sent: ({ sent }) => sent.octets,
  octets_received: ({ received }) => received.octets,
  segments_sent: ({ sent }) => sent.segments,
  segments_received: ({ received }) => received.segments,
  resets: ({ resets }) => resets,
  cause: ({ ending }) => ending.cause,
  diagnostic: ({ ending }) => ending.diagnostic,
  reason: ({ ending }) => ending.text,
  cost: ({ cost }) => cost,
  currency: ({ currency }) => currency,
};

const SUM_COLUMNS: Columns<CallSum> = {
  calls: ({ calls }) => calls,
  connected: ({ connected }) => connected,
  connected_ms: ({ connectedMs }) => connectedMs,
  messages_sent: ({ messagesSent }) => messagesSent,
  messages_received: ({ messagesReceived }) => messagesReceived,
  octets_sent: ({ octetsSent }) => octetsSent,
  octets_received: ({ octetsReceived }) => octetsReceived,
  segments_sent: ({ segmentsSent }) => segmentsSent,
  segments_received: ({ segmentsReceived }) => segmentsReceived,
};

export const CALL_CSV_HEAD = csvLine(Object.keys(CALL_COLUMNS));

export function callCsv(record: StoredCallRecord): string {
  return csvLine(Object.values(CALL_COLUMNS).map((column) => column(record)));
}

/** Each currency has a column. */
export function sumsCsv(group: CallGroup, sums: readonly CallSum[]): string {
  const currencies = [...new Set(sums.flatMap(({ cost }) => [...cost.keys()]))];
  const costs = currencies.map((currency) => (currency === '' ? 'cost' : `cost_${currency}`));
  const rows = sums.map((sum) => [
    sum.name,
    ...Object.values(SUM_COLUMNS).map((column) => column(sum)),
    ...currencies.map((currency) => sum.cost.get(currency)),
  ]);
  return [[group, ...Object.keys(SUM_COLUMNS), ...costs], ...rows].map(csvLine).join('');
}

function csvLine(fields: readonly (string | number | undefined)[]): string {
  return `${fields.map((field = '') => csvField(String(field))).join(',')}\r\n`;
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
