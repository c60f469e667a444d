import type { CheckpointWriter, Envelope, MessageWriter } from '../spool/index.js';

/** A message on its way into the spool, whether or not it can outlive its session. */
export interface Intake {
  /** Names the message in replies, logs and Received. */
  readonly id: string;
  /** Before the first octet of the client. @param prefix stands before them. */
  begin(envelope: Envelope, prefix: Uint8Array): Promise<void>;
  /** What an earlier session has brought of it, before anything more is written. */
  stored(): AsyncIterable<Uint8Array>;
  write(octets: Uint8Array): Promise<void>;
  /** Puts it on stable storage. @param reply what is said to the client then. */
  commit(envelope: Envelope, reply: string): Promise<void>;
  /** It won't be finished in this session. @param why `cutOff`: perhaps in another one. */
  drop(why: 'refused' | 'cutOff'): Promise<void>;
}

export function plainIntake(writer: MessageWriter): Intake {
  return {
    id: writer.id,
    begin: (_envelope, prefix) => writer.write(prefix),
    stored: nothing,
    write: (octets) => writer.write(octets),
    commit: (envelope) => writer.commit(envelope),
    drop: () => writer.abort(),
  };
}

/** Of a message with a TRANSID (RFC 1845); one that was interrupted has its envelope and prefix already. */
export function checkpointIntake(writer: CheckpointWriter, isNew: boolean): Intake {
  return {
    id: writer.id,
    begin: async (envelope, prefix) => {
      if (isNew) await writer.begin(envelope, prefix);
    },
    stored: () => writer.stored(),
    write: (octets) => writer.write(octets),
    commit: (envelope, reply) => writer.commit(envelope, reply),
    drop: (why) => (why === 'cutOff' ? writer.suspend() : writer.abort()),
  };
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}
