/** The queue, as tables for a terminal. */
import { formatDuration, formatSize } from '../config/index.js';
import type { QueuedDelivery, QueuedDestination, QueueSummary } from '../console/index.js';
import { count, duration, utc } from '../observe/index.js';
import { oneLine } from './printable.js';
import { type Row, section } from './section.js';

export function describeSummary(
  { totals, ageClasses, destinations }: QueueSummary,
  isAtRest: boolean,
): string {
  const rest = isAtRest ? ' No gateway runs.' : '';
  if (destinations.length === 0) return `The queue is empty.${rest}\n`;
  const { messages, octets, deliveries, held } = totals;
  const heading = `${count(messages, 'message')}, ${size(octets)}, ${deliveriesWord(deliveries)}, ${held} on hold.${rest}\n`;
  const head = [
    'destination',
    'waiting',
    'due',
    'held',
    ...ageClasses.map((age) => `<=${formatDuration(age)}`),
    'older',
    'next try',
  ];
  return `${heading}\n${section('How old what waits is', [head, ...destinations.map(destinationRow)])}`;
}

function destinationRow(destination: QueuedDestination): Row {
  const { waiting, due, held, ages, hold, nextDue } = destination;
  const next = nextDue === undefined ? '' : due > 0 ? dueWords(destination) : utc(Date.parse(nextDue));
  return [
    oneLine(destination.destination),
    String(waiting),
    String(due),
    String(held),
    ...ages.map((amount) => (amount === 0 ? '' : String(amount))),
    hold === undefined ? next : `on hold: ${oneLine(hold)}`,
  ];
}

export function describeDeliveries(
  deliveries: readonly QueuedDelivery[],
  isAll: boolean,
  now: number,
): string {
  if (deliveries.length === 0) return 'Nothing waits that matches\n';
  const head = ['message', 'age', 'size', 'sender', 'recipients', 'destination', 'tries', 'next try'];
  const table = section(
    isAll ? deliveriesWord(deliveries.length) : `The first ${deliveries.length}; --limit shows more`,
    [head, ...deliveries.map((delivery) => deliveryRow(delivery, now))],
  );
  return table;
}

function deliveryRow(delivery: QueuedDelivery, now: number): Row {
  const { message, received, sender, recipients, recipientCount, destination } = delivery;
  const [first] = recipients;
  const more = recipientCount > 1 ? ` and ${recipientCount - 1} more` : '';
  return [
    message,
    duration(now - Date.parse(received)),
    size(delivery.size),
    address(sender),
    `${address(first?.address ?? '')}${more}`,
    oneLine(destination),
    String(Math.max(0, ...recipients.map(({ attempts }) => attempts))),
    nextTry(delivery, now),
  ];
}

/** All that is known of one message. */
export function describeMessage(deliveries: readonly QueuedDelivery[], now: number): string {
  const [first] = deliveries;
  if (first === undefined) return '';
  const rows: Row[] = [
    ['sender', address(first.sender)],
    ['received', `${utc(Date.parse(first.received))}, ${duration(now - Date.parse(first.received))} ago`],
    ['from', oneLine(first.source)],
    ['size', `${first.size} octets, ${first.body}${first.smtpUtf8 === true ? ', UTF-8 in its header' : ''}`],
    ...optional('priority', first.priority),
    ...optional('envelope id', first.envelopeId),
    ...optional(
      'returned with a report',
      first.ret === undefined ? undefined : { FULL: 'all of it', HDRS: 'its header' }[first.ret],
    ),
    ...optional('to arrive by', first.deliverBy && utc(Date.parse(first.deliverBy.at))),
    ...optional('submitter', first.submitter),
  ];
  return (
    section(`Message ${first.message}`, rows) +
    deliveries.map((delivery) => `\n${describePlace(delivery, now)}`).join('')
  );
}

function describePlace(delivery: QueuedDelivery, now: number): string {
  const rows: Row[] = [
    ['next try', nextTry(delivery, now)],
    ...(delivery.warned === true ? [['sender', 'was told that it takes long']] : []),
    ...delivery.recipients.flatMap(({ address: to, attempts, lastReason }): Row[] => [
      [
        'recipient',
        `${address(to)}, ${attempts === 0 ? 'not tried yet' : `tried ${attempts === 1 ? 'once' : `${attempts} times`}`}`,
      ],
      ...(lastReason === undefined ? [] : [['', oneLine(lastReason)]]),
    ]),
  ];
  return section(`For ${oneLine(delivery.destination)}`, rows);
}

function nextTry({ hold, due, ...delivery }: QueuedDelivery, now: number): string {
  if (hold !== undefined) return `on hold: ${oneLine(hold)}`;
  const at = Date.parse(due);
  return at <= now ? dueWords(delivery) : utc(at);
}

function dueWords({ waits }: Pick<QueuedDelivery, 'waits'>): string {
  return waits === undefined ? 'due' : `${utc(Date.parse(waits.until))}: ${oneLine(waits.reason)}`;
}

function optional(name: string, value: string | number | undefined): Row[] {
  return value === undefined ? [] : [[name, oneLine(String(value))]];
}

function address(text: string): string {
  return text === '' ? '<>' : oneLine(text);
}

function size(octets: number): string {
  const unit = [1024 ** 3, 1024 ** 2, 1024].find((each) => octets >= 10 * each) ?? 1;
  return formatSize(Math.round(octets / unit) * unit);
}

function deliveriesWord(amount: number): string {
  return amount === 1 ? '1 delivery' : `${amount} deliveries`;
}
