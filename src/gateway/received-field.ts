import type { ClientFacts } from '../smtp/index.js';
import type { Caller } from './caller.js';
import { internetDate } from './report-facts.js';

export interface TraceFacts {
  readonly caller: Caller;
  readonly client: ClientFacts;
  /** The message needs SMTPUTF8, and came by it. */
  readonly smtpUtf8: boolean;
  readonly hostname: string;
  /** Of the message. */
  readonly id: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly wallTime: number;
}

/** RFC 5321 §4.4, with the protocols of RFC 3848 and RFC 6531 §4.3: what is put on top of a message. */
export function receivedField(facts: TraceFacts): Uint8Array {
  const { caller, client, smtpUtf8, hostname, id, wallTime } = facts;
  const { hello, tls, identity } = client;
  const via = caller.protocol === 'X25' ? ' via X25' : '';
  const origin = client.xclient?.addr ?? caller.origin;
  const protocol =
    hello?.extended === true
      ? `${smtpUtf8 ? 'UTF8SMTP' : 'ESMTP'}${tls === undefined ? '' : 'S'}${identity === undefined ? '' : 'A'}`
      : 'SMTP';
  const cipher = tls === undefined ? '' : `\t(${tls.protocol}, ${tls.cipher})\r\n`;
  return Buffer.from(
    `Received: from ${hello?.name ?? 'unknown'} (${origin})\r\n${cipher}` +
      `\tby ${hostname}${via} with ${protocol} id ${id};\r\n` +
      `\t${internetDate(wallTime)}\r\n`,
  );
}
