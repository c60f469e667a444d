import { Counter, Histogram, type Registry } from 'prom-client';
import type { GatewayEvent } from '../gateway/index.js';

/** Up to the days that a message may wait. Seconds. */
const DELAYS = [1, 5, 30, 60, 300, 900, 3_600, 14_400, 86_400, 432_000];

const DIRECTIONS = ['sent', 'received'] as const;

/** Causes that are told apart: whoever clears may write any of 65 536. */
const MOST_CAUSES = 200;

/** Totals of what a gateway tells of itself, since the start. */
export class EventMetrics {
  readonly #messages;
  readonly #octets;
  readonly #refused;
  readonly #recipients;
  readonly #delays;
  readonly #calls;
  readonly #connected;
  readonly #segments;
  readonly #callMessages;
  readonly #resets;
  readonly #cost;
  readonly #troubles;
  readonly #causes = new Set<string>();

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Counter({ name: `x25mail_${name}_total`, help, labelNames, registers });
    this.#messages = counter('messages_received', 'Messages taken in', ['origin']);
    this.#octets = counter('messages_received_octets', 'Octets of the messages taken in');
    this.#refused = counter(
      'refused',
      'Connections, senders, recipients and messages that were refused or put off',
      ['by'],
    );
    this.#recipients = counter('recipients_settled', 'Attempts, one for each recipient', ['outcome']);
    this.#delays = new Histogram({
      name: 'x25mail_delivery_delay_seconds',
      help: 'From taking a message in until it is delivered to a recipient',
      buckets: DELAYS,
      registers,
    });
    this.#calls = counter('calls', 'Calls that are over', ['link', 'direction', 'verdict', 'cause']);
    const ofLink = ['link', 'direction'] as const;
    this.#connected = counter('calls_connected_seconds', 'Time that calls were connected', ofLink);
    const way = [...ofLink, 'way'] as const;
    this.#segments = counter('calls_segments', 'Segments of 64 octets in calls that are over', way);
    this.#callMessages = counter('calls_messages', 'Messages carried by calls that are over', way);
    this.#resets = counter('calls_resets', 'Resets in calls that are over', ofLink);
    this.#cost = counter('calls_cost', 'What calls that are over cost us, by the tariff of their link', [
      ...ofLink,
      'currency',
    ]);
    this.#troubles = counter('troubles', 'What a log tells as a warning or an error', ['what']);
  }

  count(event: GatewayEvent): void {
    switch (event.type) {
      case 'received':
        this.#messages.inc({ origin: event.message.origin ?? 'unknown' });
        this.#octets.inc(event.message.size);
        return;
      case 'refused':
        this.#refused.inc({ by: event.refused.by });
        return;
      case 'settled':
        this.#recipients.inc({ outcome: event.recipient.outcome });
        if (event.recipient.outcome === 'delivered') this.#delays.observe(event.recipient.delayMs / 1_000);
        return;
      case 'call':
        this.#countCall(event.record);
        return;
      case 'misdeed':
        this.#troubles.inc({ what: event.what });
        return;
      case 'line':
        if (event.line.state === 'closed') this.#troubles.inc({ what: 'lineLost' });
        return;
      case 'bridged':
        if (!event.end.inOrder) this.#troubles.inc({ what: 'bridgeBroken' });
        return;
      case 'budget':
        this.#troubles.inc({ what: event.level === 'usedUp' ? 'budgetUsedUp' : 'budgetWarning' });
        return;
      case 'attention':
      case 'connectionRefused':
      case 'callerRefused':
      case 'turnedAway':
      case 'problem':
      case 'fatal':
        this.#troubles.inc({ what: event.type });
        return;
      case 'listening':
      case 'modem':
        return;
    }
  }

  #countCall(record: (GatewayEvent & { readonly type: 'call' })['record']): void {
    const { link, direction, verdict, ending } = record;
    this.#calls.inc({ link, direction, verdict, cause: this.#causeOf(ending) });
    this.#connected.inc({ link, direction }, record.connectedMs / 1_000);
    this.#resets.inc({ link, direction }, record.resets);
    const { cost, currency = '' } = record;
    if (cost !== undefined) this.#cost.inc({ link, direction, currency }, cost);
    const messages = { sent: record.messagesSent, received: record.messagesReceived };
    for (const way of DIRECTIONS) {
      this.#segments.inc({ link, direction, way }, record[way].segments);
      this.#callMessages.inc({ link, direction, way }, messages[way]);
    }
  }

  #causeOf({ cause, diagnostic }: { readonly cause: number; readonly diagnostic: number }): string {
    const name = `${hex(cause)}/${hex(diagnostic)}`;
    if (this.#causes.size < MOST_CAUSES) this.#causes.add(name);
    return this.#causes.has(name) ? name : 'other';
  }
}

function hex(octet: number): string {
  return octet.toString(16).toUpperCase().padStart(2, '0');
}
