import { z } from 'zod';
import { type Asked, type ControlRequests, RequestError, request, untilCancelled } from './request.js';

/** What somebody on this machine says of a message that he hands in. */
const submissionSchema = {
  /** Empty: nobody, for reports. Without a domain: of this gateway. */
  sender: z.string().max(512),
  recipients: z.array(z.string().max(512)).min(1).max(1000),
  /** Octets, as far as is known. */
  size: z.int().nonnegative().default(0),
  smtpUtf8: z.boolean().default(false),
  notify: z.array(z.enum(['SUCCESS', 'FAILURE', 'DELAY'])).optional(),
  ret: z.enum(['FULL', 'HDRS']).optional(),
  envelopeId: z.string().max(100).optional(),
  /** Who it is, in words. */
  user: z.string().max(64),
};

export type Submission = z.output<z.ZodObject<typeof submissionSchema>>;

/** A message that is being handed in. */
export interface SubmittedMessage {
  readonly id: string;
  /** @param octets lines ended by CR LF. */
  write(octets: Uint8Array): Promise<void>;
  /** Resolves when it is on stable storage. */
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** A step of one recipient, as whoever has handed the message in is told. */
export interface SettledRecipient {
  readonly message: string;
  readonly recipient: string;
  readonly outcome: 'delivered' | 'deferred' | 'failed';
  readonly reason: string;
}

/** Where messages are handed in. */
export interface Submissions {
  /** @throws RequestError when a recipient is refused, or there is no room. */
  begin(submission: Submission): Promise<SubmittedMessage>;
  /** Tells every step of every recipient. @returns what ends it. Absent: nothing is delivered by whom this is asked. */
  watchSettled?(watcher: (step: SettledRecipient) => void): () => void;
  /** Whether something of a message still waits. */
  isWaiting(message: string): Promise<boolean>;
}

/** Octets of one piece, so that its line fits a request. */
export const SUBMISSION_PIECE = 32 * 1024;

const named = { message: z.string() };

/**
 * Handing in a message: `submit` tells its id in an event, and ends when it is in the queue, or drops it when whoever asks goes;
 * meanwhile `submit.data` takes one piece after the other, and `submit.end` commits.
 */
export function submissionRequests(submissions: Submissions): ControlRequests {
  const open = new Map<string, { readonly message: SubmittedMessage; readonly committed: () => void }>();
  const find = (id: string) => {
    const found = open.get(id);
    if (found === undefined) throw new RequestError('unknownMessage', `no message ${id} is being handed in`);
    return found;
  };
  return {
    submit: request(submissionSchema, async (submission, asked) => {
      const message = await submissions.begin(submission);
      const isCommitted = await new Promise<boolean>((resolve) => {
        open.set(message.id, { message, committed: () => resolve(true) });
        void untilCancelled(asked).then(() => resolve(false));
        asked.event({ message: message.id });
      });
      open.delete(message.id);
      if (!isCommitted) await message.abort();
      return { message: message.id, isCommitted };
    }),
    'submit.data': request({ ...named, octets: z.base64() }, ({ message, octets }) =>
      find(message).message.write(Buffer.from(octets, 'base64')),
    ),
    'submit.end': request(named, async ({ message }) => {
      const { message: whole, committed } = find(message);
      open.delete(message); // nothing may come behind its end
      await whole.commit();
      committed();
    }),
    settled: request(named, ({ message }, asked) => tellSettled(submissions, message, asked)),
  };
}

/** Tells what becomes of a message, until nothing of it waits any longer. */
async function tellSettled(submissions: Submissions, message: string, asked: Asked): Promise<void> {
  let isOver: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    isOver = resolve;
  });
  const stop = submissions.watchSettled?.((step) => {
    if (step.message !== message) return;
    asked.event(step);
    if (step.outcome !== 'deferred')
      void submissions.isWaiting(message).then((isWaiting) => !isWaiting && isOver(), isOver);
  });
  await Promise.race([over, untilCancelled(asked)]);
  stop?.();
}
