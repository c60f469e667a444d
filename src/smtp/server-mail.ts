/** A message from MAIL to the reply to it: MAIL, RCPT, DATA and BDAT (RFC 5321 §3.3, RFC 3030, RFC 1845). */
import type { Answer } from './answer.js';
import { type ChunkCommand, parseChunk, parseMail, parseRecipient } from './commands.js';
import {
  ChunkContent,
  chunkReader,
  DotContent,
  dotReader,
  type MessageReader,
  UnwantedContent,
} from './message-reader.js';
import { argumentRefusal, DATA_REFUSALS, OUT_OF_ORDER, TOO_MANY_RECIPIENTS } from './refusals.js';
import type { EnhancedReply } from './reply.js';
import type { MailCommand } from './server-interface.js';
import { type ServerState, Transaction } from './server-state.js';

const DEFAULT_MAX_REFUSED = 100;

const TOO_SOON: EnhancedReply = {
  code: 555,
  status: '5.5.4',
  text: 'That time to deliver by is less than the least',
};
const ENOUGH: EnhancedReply = {
  code: 421,
  status: '4.5.3',
  text: 'Enough messages for one session; call again',
};

export function mail(state: ServerState, argument: string, syntax: string): Answer {
  const { offers, options } = state;
  const parsed = parseMail(argument, offers);
  if (!parsed.ok) return { error: argumentRefusal(parsed.fault, syntax) };
  const command = trusted(parsed.value, state);
  // RFC 1870 §6.1: better now than after the data was sent.
  if (command.size !== undefined && command.size > options.maxMessageSize)
    return { say: DATA_REFUSALS.tooBig };
  // RFC 2852 §4: a time that can't be kept is refused with 55z.
  if (command.deliverBy?.mode === 'R' && command.deliverBy.seconds < (offers.deliverBy?.leastSeconds ?? 0))
    return { say: TOO_SOON };
  if (state.messages >= (offers.limits?.messages ?? Number.POSITIVE_INFINITY))
    return { say: ENOUGH, next: { end: 'enough' } };
  return {
    ask: { type: 'sender', mail: command },
    decided: (verdict) => {
      if (!verdict.accept) return { say: verdict.reply };
      const checkpoint = command.transactionId === undefined ? undefined : verdict.checkpoint;
      state.transaction = new Transaction(command, checkpoint, offers.limits?.recipientDomains);
      state.messages++;
      // RFC 1845: the number comes first. Envelope and data up to here are not sent again.
      if (checkpoint !== undefined)
        return { say: { code: 355, text: `${checkpoint.offset} is the transaction offset` } };
      return { say: verdict.reply ?? { code: 250, status: '2.1.0', text: 'Sender OK' } };
    },
  };
}

/** RFC 4954 §5: who did not log in can't say who submitted a message. */
function trusted(command: MailCommand, { identity }: ServerState): MailCommand {
  return command.submitter === undefined || identity !== undefined
    ? command
    : { ...command, submitter: '<>' };
}

export function recipient(state: ServerState, argument: string, syntax: string): Answer {
  const { offers, options, transaction } = state;
  if (transaction === undefined) return { error: OUT_OF_ORDER.ready };
  const parsed = parseRecipient(argument, offers, transaction.mail.smtpUtf8 === true);
  if (!parsed.ok) return { error: argumentRefusal(parsed.fault, syntax) };
  const { address, parameters } = parsed.value;
  const maxRefused = options.maxRefusedRecipients ?? DEFAULT_MAX_REFUSED;
  if (transaction.accepted >= options.maxRecipients || transaction.refused >= maxRefused)
    return { say: TOO_MANY_RECIPIENTS };
  // RFC 9422 §3: RCPTDOMAINMAX.
  if (transaction.isTooWide(address))
    return { say: { ...TOO_MANY_RECIPIENTS, text: 'Too many domains of recipients' } };
  return {
    ask: { type: 'recipient', address, parameters, mail: transaction.mail },
    decided: (verdict) => {
      if (verdict.accept) transaction.accept(address);
      else transaction.refused++;
      return { say: verdict.reply ?? { code: 250, status: '2.1.5', text: 'Recipient OK' } };
    },
  };
}

export function data(state: ServerState): Answer {
  const { transaction } = state;
  if (transaction === undefined) return { error: OUT_OF_ORDER.ready };
  // RFC 3030 §3: binary content has no lines, and so no dot alone on one.
  if (transaction.mail.body === 'BINARYMIME')
    return { error: { code: 503, status: '5.5.1', text: 'BINARYMIME goes with BDAT, not DATA' } };
  const { checkpoint } = transaction;
  if (checkpoint?.finished !== undefined) return finishedBefore(state, checkpoint.finished);
  const offset = checkpoint?.offset ?? 0;
  return {
    ask: { type: 'begin', mail: transaction.mail, offset },
    decided: (verdict) => {
      if (!verdict.accept) return { say: verdict.reply };
      const reader = dotReader(state.options, state.lineEnds, offset);
      const text =
        checkpoint === undefined
          ? 'Send the message, end with a dot alone on a line'
          : `Send the message from octet ${offset} on, end with a dot alone on a line`;
      return {
        say: { code: 354, text },
        next: { receive: new DotContent(reader, () => wholeMessage(state, reader)) },
      };
    },
  };
}

/**
 * RFC 1845: the message is here already and only the reply to it was lost. The client has nothing more to send; what
 * it sends all the same belongs to another message.
 */
function finishedBefore(state: ServerState, reply: EnhancedReply): Answer {
  const reader = dotReader({ ...state.options, maxMessageSize: 0 }, state.lineEnds, 0);
  return {
    say: { code: 354, text: 'All of the message is here, end with a dot alone on a line' },
    next: {
      receive: new DotContent(reader, () => {
        state.endTransaction();
        return { say: reader.fault === undefined ? reply : ANOTHER_MESSAGE };
      }),
    },
  };
}

const ANOTHER_MESSAGE: EnhancedReply = {
  code: 554,
  status: '5.5.0',
  text: 'The message of this TRANSID was complete before',
};

/** The end of data was read. */
function wholeMessage(state: ServerState, reader: MessageReader): Answer {
  const command = state.transaction?.mail;
  if (reader.fault !== undefined || command === undefined) {
    state.endTransaction();
    return { say: DATA_REFUSALS[reader.fault ?? 'tooBig'] };
  }
  return {
    ask: { type: 'commit', size: reader.size, mail: command },
    decided: ({ reply }) => {
      state.endTransaction();
      return { say: reply ?? { code: 250, status: '2.0.0', text: 'Message accepted' } };
    },
  };
}

const UNREADABLE_CHUNK: EnhancedReply = {
  code: 421,
  status: '4.5.2',
  text: 'Syntax: BDAT size [LAST]; closing, for where the next command is can not be known',
};

/**
 * RFC 3030 §2. Its octets are on their way whether they are wanted or not, so they are read in any case, and never
 * taken for commands.
 */
export function chunk(state: ServerState, argument: string): Answer {
  const command = parseChunk(argument);
  if (command === undefined) return { say: UNREADABLE_CHUNK, next: { end: 'lost' } };
  const { transaction } = state;
  if (transaction === undefined) return unwanted(state, command, { error: OUT_OF_ORDER[state.moment] });
  if (transaction.failed !== undefined) return unwanted(state, command, { say: transaction.failed });
  if (transaction.mail.transactionId !== undefined)
    return unwanted(state, command, { error: CHECKPOINT_WANTS_DATA });
  if (transaction.accepted === 0) return unwanted(state, command, { error: OUT_OF_ORDER.mail });
  if (transaction.reader !== undefined) return readChunk(state, transaction, transaction.reader, command);
  return {
    ask: { type: 'begin', mail: transaction.mail, offset: 0 },
    decided: (verdict) => {
      if (!verdict.accept) {
        transaction.failed = verdict.reply;
        return unwanted(state, command, { say: verdict.reply });
      }
      transaction.reader = chunkReader(transaction.mail, state.options, state.lineEnds);
      return readChunk(state, transaction, transaction.reader, command);
    },
  };
}

/** DEVIATION RFC 1845: an offset must be at a line's start, which a chunk need not be; so the two don't go together. */
const CHECKPOINT_WANTS_DATA: EnhancedReply = {
  code: 503,
  status: '5.5.1',
  text: 'TRANSID goes with DATA, not BDAT',
};

function readChunk(
  state: ServerState,
  transaction: Transaction,
  reader: MessageReader,
  { size, last }: ChunkCommand,
): Answer {
  const ended = (): Answer => {
    if (last) return wholeMessage(state, reader);
    if (reader.fault === undefined)
      return { say: { code: 250, status: '2.0.0', text: `${size} octets received` } };
    transaction.failed = DATA_REFUSALS[reader.fault];
    return { say: transaction.failed };
  };
  return { next: { receive: new ChunkContent(reader, size, last, ended) } };
}

function unwanted(state: ServerState, { size, last }: ChunkCommand, answer: Answer): Answer {
  const ended = (): Answer => {
    // The message is over, and the next one may be in the pipeline already.
    if (last) state.endTransaction();
    return answer;
  };
  return { next: { receive: new UnwantedContent(size, ended) } };
}
