/** What a running gateway is doing, as tables for a terminal. */
import type { CircuitOctets, GatewayStatus, WatchedCircuit, WatchedLink } from '../console/index.js';
import { count, duration, money, utc } from '../observe/index.js';
import { oneLine } from './printable.js';
import { type Row, section } from './section.js';

export function describeStatus({
  hostname,
  since,
  links,
  circuits,
  waiting,
  budgets,
}: GatewayStatus): string {
  const head = `${hostname}, running since ${utc(Date.parse(since))}\n`;
  const parts = [head, ...links.map(describeLink), describeCircuits(circuits)];
  if (waiting.length > 0) parts.push(describeWaiting(waiting));
  if (budgets.length > 0) parts.push(describeBudgets(budgets));
  return parts.join('\n');
}

function describeBudgets(budgets: GatewayStatus['budgets']): string {
  const rows = budgets.map(({ peer, period, minutes, cost, limit, to }) => [
    peer,
    `of this ${period}`,
    limit.minutes === undefined ? '' : `${minutes.toFixed(1)} of ${limit.minutes} minutes`,
    limit.cost === undefined ? '' : `${money(cost)} of ${money(limit.cost)}`,
    `until ${utc(Date.parse(to))}`,
  ]);
  return section('Budgets for calls', rows);
}

function describeWaiting(waiting: GatewayStatus['waiting']): string {
  const rows = waiting.map(({ destination, reason, until }) => [
    oneLine(destination),
    `until ${utc(Date.parse(until))}`,
    oneLine(reason),
  ]);
  return section('Mail that is due and waits', rows);
}

function describeLink(link: WatchedLink): string {
  const { name, type, state, since, lastFailure, circuits, connection, counters } = link;
  const rows: Row[] = [
    ['state', `${stateWords(state)} since ${utc(Date.parse(since))}`],
    ...(connection === undefined ? [] : [['modem', connection]]),
    ['last failure', lastFailure ?? 'none'],
    ['circuits', String(circuits)],
  ];
  const counted = Object.entries(counters).flatMap(([layer, totals]) => counterRows(layer, totals));
  const table = counted.length === 0 ? '' : section('', [['', '', 'sent', 'received'], ...counted]).slice(1);
  return section(`Link ${name} (${type})`, rows) + table;
}

/** `comingUp`: coming up. */
function stateWords(state: string): string {
  return words(state).join(' ');
}

/** What was counted in both directions shares a row; what has none stands behind. */
function counterRows(layer: string, totals: Readonly<Partial<Record<string, number>>>): Row[] {
  const pairs = new Map<string, { sent?: number; received?: number }>();
  const others: Row[] = [];
  for (const [name, total = 0] of Object.entries(totals)) {
    const parts = words(name);
    const direction = parts.at(-1);
    if (direction === 'sent' || direction === 'received') {
      const what = parts.slice(0, -1).join(' ');
      pairs.set(what, { ...pairs.get(what), [direction]: total });
    } else others.push([parts.join(' '), String(total), '']);
  }
  // What was never counted is left open: not every layer counts both.
  const text = (total: number | undefined): string => (total === undefined ? '' : String(total));
  const both = Array.from(pairs, ([what, { sent, received }]) => [what, text(sent), text(received)]);
  return [...both, ...others].map((row, i) => [i === 0 ? layer : '', ...row]);
}

const ABBREVIATIONS = /^(rej|rr|rnr|frmr|sabme?|disc|dm|ua|fcs|xid|t\d+|n\d+|crc|pvc|[qdm])$/;

/** `rejSent`: REJ, sent. */
function words(name: string): string[] {
  return name
    .split(/(?=[A-Z])/)
    .map((word) => word.toLowerCase())
    .map((word) => (ABBREVIATIONS.test(word) ? word.toUpperCase() : word));
}

export function describeCircuits(circuits: readonly WatchedCircuit[]): string {
  if (circuits.length === 0) return 'No circuits\n';
  const head = [
    'circuit',
    'channel',
    'called',
    'calling',
    'peer',
    'state',
    'age',
    'octets/packets sent',
    'received',
    // Only where calls have a price.
    ...(circuits.some(({ cost }) => cost !== undefined) ? ['cost'] : []),
  ];
  return section(`Circuits, ${circuits.length}`, [head, ...circuits.map(circuitRow)]);
}

function circuitRow(circuit: WatchedCircuit): Row {
  const { id, channel, direction, called, calling, peer = '', state, ageMs, sent, received } = circuit;
  const { cost, currency } = circuit;
  return [
    `${id} ${direction === 'outgoing' ? 'out' : 'in'}`,
    channel === undefined ? '' : String(channel),
    called,
    calling,
    peer,
    circuit.resets === 0 ? state : `${state}, ${count(circuit.resets, 'reset')}`,
    duration(ageMs),
    traffic(sent),
    traffic(received),
    ...(cost === undefined ? [] : [money(cost, currency)]),
  ];
}

function traffic({ octets, packets }: CircuitOctets): string {
  return `${octets}/${packets}`;
}
