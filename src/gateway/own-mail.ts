import type { EnvelopeRecipient, MessageWriter, Settlement } from '../spool/index.js';
import type { DkimSigner } from './authentication/index.js';
import { isAscii } from './report-facts.js';

export interface OwnMail {
  /** Where it is put; its id is in the message already. */
  readonly writer: MessageWriter;
  readonly octets: Uint8Array;
  readonly to: Pick<EnvelopeRecipient, 'address' | 'destination'>;
  readonly origin: 'report' | 'notice';
  /** As `Envelope` has it. */
  readonly source: string;
  /** Wall time. */
  readonly now: number;
  /** Absent: it goes unsigned. */
  readonly signer?: DkimSigner | undefined;
  /** Told where it should be signed and can't be. */
  readonly onUnsigned: (problem: string) => void;
}

/**
 * Puts what the gateway itself has written on stable storage, and `settlements` in the same transaction. It has no sender, and
 * nobody is to report on it (RFC 3461). Rejects with a GatewayError of the spool.
 */
export async function putOwnMail(
  { writer, octets, to, origin, source, now, signer, onUnsigned }: OwnMail,
  settlements?: readonly Settlement[],
): Promise<void> {
  const { top, problem } = (await signer?.sign(octets)) ?? { top: '' };
  if (problem !== undefined) onUnsigned(problem);
  await writer.write(octets);
  await writer.commit(
    {
      sender: '',
      recipients: [{ address: to.address, destination: to.destination, notify: [] }],
      body: isAscii(octets) ? '7BIT' : '8BITMIME',
      source,
      origin,
      ours: true,
      received: now,
      ...(top !== '' && { top }),
      ...(!isAscii(to.address) && { smtpUtf8: true }),
    },
    settlements,
  );
}
