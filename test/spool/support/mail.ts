import { createHash } from 'node:crypto';
import type { Envelope, MessageWriter, Settlement, Spool } from '../../../src/spool/index.js';

/** `'a@x > peer:b'`: recipients with their destinations in short. */
export function envelope(recipients: readonly string[], rest: Partial<Envelope> = {}): Envelope {
  return {
    sender: 'from@site-a.example',
    body: '7BIT',
    source: 'smtp 127.0.0.1',
    received: 1000,
    ...rest,
    recipients: recipients.map((text) => {
      const [address = '', destination = ''] = text.split(' > ');
      return { address, destination };
    }),
  };
}

/** Octets that tell where they come from: no two places of a body, and no two bodies, look alike. */
export function bodyOf(size: number, seed = 1): Uint8Array {
  const octets = new Uint8Array(size);
  let state = seed * 2654435761 + 1;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    octets[i] = state >>> 24;
  }
  return octets;
}

export async function writeBody(writer: MessageWriter, octets: Uint8Array, piece = 16_384): Promise<void> {
  for (let at = 0; at < octets.length; at += piece) await writer.write(octets.subarray(at, at + piece));
}

/** @returns the id. */
export async function store(spool: Spool, octets: Uint8Array, message: Envelope): Promise<string> {
  const writer = await spool.receive();
  await writeBody(writer, octets);
  await writer.commit(message);
  return writer.id;
}

/** Octets in short, to compare long bodies: their number and a digest. */
export function inShort(octets: Uint8Array): string {
  return `${octets.length} octets ${createHash('sha256').update(octets).digest('hex').slice(0, 16)}`;
}

/** What is read, in short. */
export async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return inShort(Buffer.concat(pieces));
}

export const delivered = { type: 'delivered' } as const;
export const failed = { type: 'failed', reason: '550 no such user' } as const;

export function deferred(until: number, attempt = true) {
  return { type: 'deferred', until, reason: '451 later', attempt } as const;
}

export function settlement(message: string, to: string, outcome: Settlement['outcome']): Settlement {
  const [recipient = '', destination = ''] = to.split(' > ');
  return { message, destination, recipient, outcome };
}
