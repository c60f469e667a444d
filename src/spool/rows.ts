import type {
  Delivery,
  Envelope,
  EnvelopeRecipient,
  NotifyEvent,
  OutgoingTransaction,
  WaitingRecipient,
} from './spool.js';
import type { DeliveryRow, ParameterValues, RecipientRow } from './statements.js';

/** @returns undefined when nothing unusual is said of the message: then it has no row. */
export function parameterValues(
  message: number,
  envelope: Envelope,
  top: Uint8Array,
): ParameterValues | undefined {
  const { body, smtpUtf8 = false, ret, envelopeId, deliverBy, submitter, origin, ours = false } = envelope;
  const isBinary = body === 'BINARYMIME';
  const isBare = top.length === 0;
  const isPlain = !isBinary && !smtpUtf8 && !ours && isBare;
  if (isPlain && [ret, envelopeId, deliverBy, submitter, origin].every(isAbsent)) return undefined;
  return [
    message,
    Number(isBinary),
    Number(smtpUtf8),
    ret ?? null,
    envelopeId ?? null,
    deliverBy === undefined ? null : Math.floor(deliverBy.at),
    deliverBy?.mode ?? null,
    deliverBy === undefined ? null : Number(deliverBy.trace),
    submitter ?? null,
    origin ?? null,
    isBare ? null : top,
    Number(ours),
  ];
}

/** `NOTIFY` as it is in its row. */
export function notifyText({ notify }: EnvelopeRecipient): string | null {
  return notify?.join(',') ?? null;
}

export function toDelivery(row: DeliveryRow, recipients: readonly RecipientRow[]): Delivery {
  return {
    message: row.id,
    destination: row.name,
    sender: row.sender,
    body: row.binary === 1 ? 'BINARYMIME' : row.bodyType,
    source: row.source,
    size: row.size,
    received: row.received,
    due: row.due,
    ...(row.priority !== 0 && { priority: row.priority }),
    ...(row.hold !== null && { hold: row.hold }),
    ...(row.warned === 1 && { warned: true }),
    ...(row.begun !== null && { transaction: JSON.parse(row.begun) as OutgoingTransaction }),
    ...(row.extended !== null && unusual(row)),
    recipients: recipients.map(waitingRecipient),
  };
}

function unusual(row: DeliveryRow): Partial<Delivery> {
  const { ret, envelopeId, deliverBy, deliverMode, submitter, origin } = row;
  return {
    ...(row.smtpUtf8 === 1 && { smtpUtf8: true }),
    ...(ret !== null && { ret }),
    ...(envelopeId !== null && { envelopeId }),
    ...(deliverBy !== null &&
      deliverMode !== null && {
        deliverBy: { at: deliverBy, mode: deliverMode, trace: row.deliverTrace === 1 },
      }),
    ...(submitter !== null && { submitter }),
    ...(origin !== null && { origin }),
    ...(row.ours === 1 && { ours: true }),
  };
}

function waitingRecipient({
  address,
  attempts,
  lastReason,
  notify,
  original,
}: RecipientRow): WaitingRecipient {
  return {
    address,
    attempts,
    ...(lastReason !== null && { lastReason }),
    ...(notify !== null && { notify: notifyEvents(notify) }),
    ...(original !== null && { originalRecipient: original }),
  };
}

function notifyEvents(text: string): NotifyEvent[] {
  return text === '' ? [] : (text.split(',') as NotifyEvent[]);
}

function isAbsent(value: unknown): boolean {
  return value === undefined;
}
