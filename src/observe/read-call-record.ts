import { z } from 'zod';
import type { CallRecord } from './call-record.js';

/** As a gateway of this version or of another has written it: what is not known here is passed over. */
export type StoredCallRecord = Pick<
  CallRecord,
  | 'circuit'
  | 'link'
  | 'direction'
  | 'called'
  | 'calling'
  | 'peer'
  | 'begun'
  | 'connected'
  | 'ended'
  | 'setUpMs'
  | 'connectedMs'
  | 'sent'
  | 'received'
  | 'messagesSent'
  | 'messagesReceived'
  | 'resets'
  | 'verdict'
> & {
  readonly ending: Pick<CallRecord['ending'], 'cause' | 'diagnostic' | 'text'>;
  /** What it cost, where the link has a tariff. */
  readonly cost?: number;
  /** Absent: nobody said which. */
  readonly currency?: string;
};

const traffic = z.object({ packets: z.number(), octets: z.number(), segments: z.number() });
const time = z.iso.datetime();

const schema = z.object({
  circuit: z.string().optional(),
  link: z.string(),
  direction: z.enum(['outgoing', 'incoming']),
  called: z.string(),
  calling: z.string(),
  peer: z.string().optional(),
  begun: time,
  connected: time.optional(),
  ended: time,
  setUpMs: z.number().optional(),
  connectedMs: z.number(),
  sent: traffic,
  received: traffic,
  messagesSent: z.number(),
  messagesReceived: z.number(),
  resets: z.number(),
  verdict: z.enum(['completed', 'interrupted', 'failed', 'abandoned', 'refused', 'withdrawn']),
  ending: z.object({ cause: z.number(), diagnostic: z.number(), text: z.string() }),
  cost: z.number().optional(),
  currency: z.string().optional(),
});

/** @param line of a file of call records. @returns undefined when it is no record, or only part of one. */
export function readCallRecord(line: string): StoredCallRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const result = schema.safeParse(value);
  // What is absent on the line is absent here, as zod leaves it; its types can't say so.
  return result.success ? (result.data as StoredCallRecord) : undefined;
}
