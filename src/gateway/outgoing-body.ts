import { convertTo7Bit, describeMimeFault, planFor7Bit } from '../mime/index.js';
import type { OutgoingMessage, PeerCapabilities } from '../smtp/index.js';

export type ReadBody = () => AsyncIterable<Uint8Array>;

/** A message as a server can take it. */
export interface OutgoingBody {
  readonly message: OutgoingMessage;
  readonly read: ReadBody;
}

/**
 * Makes a message 7-bit for a server that takes nothing else (RFC 6152 §3).
 * @param signAgain what was signed here is signed as it goes out.
 * @returns why the message can't be sent there, as a reply would say it.
 */
export async function fitBody(
  message: OutgoingMessage,
  read: ReadBody,
  peer: PeerCapabilities,
  signAgain: (changed: ReadBody) => Promise<ReadBody> = async (changed) => changed,
): Promise<OutgoingBody | string> {
  const { body } = message.parameters;
  const fits =
    (body === 'BINARYMIME' && peer.binaryMime) ||
    (body === '8BITMIME' && peer.eightBitMime) ||
    body === '7BIT';
  if (fits || body === undefined) return { message, read };
  const plan = await planFor7Bit(read());
  if (!plan.ok) return `554 5.6.3 ${peer.name} takes only 7-bit, and ${describeMimeFault(plan.fault)}`;
  const parameters = { ...message.parameters, body: '7BIT' } as const;
  if (!plan.value.isNeeded) return { message: { ...message, parameters }, read };
  const converted = await signAgain(() => convertTo7Bit(read(), plan.value));
  return { message: { ...message, parameters, size: await sizeOf(converted()) }, read: converted };
}

/** RFC 1870 §6.1 wants the size as it will be; it is known only once all was converted. */
async function sizeOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const { length } of body) size += length;
  return size;
}

/** A body without its first octets. */
export async function* skip(
  body: AsyncIterable<Uint8Array>,
  octets: number,
): AsyncGenerator<Uint8Array, void, void> {
  let left = octets;
  for await (const piece of body) {
    if (left < piece.length) yield left === 0 ? piece : piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

/** A body with octets before it. */
export async function* behind(
  top: Uint8Array,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  if (top.length > 0) yield top;
  yield* body;
}
