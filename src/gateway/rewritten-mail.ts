import { splitHeader } from '../mime/index.js';
import { parseDestination, type Rewriter, type Rewriting } from '../routing/index.js';
import type { OutgoingMessage, OutgoingRecipient, RecipientOutcome } from '../smtp/index.js';
import type { DkimSigner } from './authentication/index.js';
import { behind, type ReadBody, skip } from './outgoing-body.js';
import { ownSignatures } from './signed-again.js';

/** A message under the names that its destination knows. */
export interface RewrittenMail {
  readonly message: OutgoingMessage;
  readonly read: ReadBody;
  /** What became of it, under the names that it has here. */
  readonly outcomes: (told: readonly RecipientOutcome[]) => readonly RecipientOutcome[];
}

/** How mail to a destination is rewritten; undefined where it stays as it is. */
export function rewriterFor(destination: string, rewriting: Rewriting): Rewriter | undefined {
  const parsed = parseDestination(destination);
  return parsed && rewriting.for(parsed);
}

export interface RewriteOptions {
  readonly rewriter: Rewriter;
  readonly signer: DkimSigner | undefined;
  /** When the message came in: the time that a signature says, so that it is the same at each attempt. Wall time. */
  readonly received: number;
}

/** Rejects where the body can't be read. */
export async function rewrite(
  message: OutgoingMessage,
  read: ReadBody,
  options: RewriteOptions,
): Promise<RewrittenMail> {
  const { rewriter } = options;
  // Two names of one mailbox are one recipient there.
  const originals = new Map<string, string[]>();
  const recipients: OutgoingRecipient[] = [];
  for (const recipient of message.recipients) {
    const address = rewriter.address(recipient.address);
    const same = originals.get(address);
    if (same !== undefined) same.push(recipient.address);
    else {
      originals.set(address, [recipient.address]);
      recipients.push({ ...recipient, address });
    }
  }
  const { size, ...body } = await rewriteHeader(message.size, read, options);
  return {
    message: { ...message, sender: rewriter.address(message.sender), recipients, size },
    ...body,
    outcomes: (told) =>
      told.flatMap((outcome) =>
        (originals.get(outcome.address) ?? [outcome.address]).map((address) => ({ ...outcome, address })),
      ),
  };
}

async function rewriteHeader(
  size: number,
  read: ReadBody,
  { rewriter, signer, received }: RewriteOptions,
): Promise<{ readonly size: number; readonly read: ReadBody }> {
  const { fields, rest } = await splitHeader(read());
  for await (const _ of rest) break; // closes it
  // Our own signature stands in nobody's way: it is made again.
  const others = signer === undefined ? fields : fields.slice(ownSignatures(fields).length);
  const rewritten = rewriter.header(others);
  if (rewritten === others) return { size, read };
  const length = fields.join('').length;
  const changed = Buffer.from(rewritten.join(''), 'latin1');
  // Its author may be of a domain that we sign for only now.
  const signing = signer?.begin(Math.floor(received / 1000));
  signing?.pass(changed);
  if (signing !== undefined) for await (const octets of skip(read(), length)) signing.pass(octets);
  const header = Buffer.concat([Buffer.from((await signing?.end())?.top ?? ''), changed]);
  return { size: size - length + header.length, read: () => behind(header, skip(read(), length)) };
}
