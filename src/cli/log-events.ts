import { enhancedStatusOf, type GatewayEvent, type LineState, type Observe } from '../gateway/index.js';
import type { ModemEvent } from '../modem/index.js';
import { type CallLog, callRecordLine, type Logger, utc } from '../observe/index.js';
import { describeReply } from '../smtp/index.js';

function logModem(log: Logger, event: ModemEvent): void {
  switch (event.type) {
    case 'dialling':
      log.info(`dialling ${event.number}`);
      return;
    case 'connected':
      log.info(`${event.direction}: ${event.message}`);
      return;
    case 'disconnected':
      log.info({ connectedMs: event.connectedMs }, `hung up: ${event.reason}`);
      return;
    case 'dialFailed':
      log.warn(`dialling ${event.number} failed: ${event.reason}`);
      return;
    case 'answerFailed':
      log.warn(`answering failed: ${event.reason}`);
      return;
    case 'fault':
      log.error(`the modem can't be used: ${event.reason}`);
  }
}

const MISDEEDS = {
  earlyTalker: 'a client spoke before it was greeted',
  clearTextBehindStartTls: 'a client sent commands in the clear behind STARTTLS: they were thrown away',
  failedLogin: 'a login failed',
  slowSender: 'a client that sent its message too slowly was cut off',
} as const;

/** What a gateway tells, as lines of its log; call records go to their file as well. */
export function logEvents(log: Logger, calls: CallLog | undefined): Observe {
  return (event: GatewayEvent) => {
    switch (event.type) {
      case 'listening':
        if (event.peer === undefined) log.info({ address: event.address }, 'SMTP is taken');
        else log.info({ address: event.address, peer: event.peer }, 'SMTP is taken for a bridge');
        return;
      case 'line':
        logLine(log, event.link, event.line);
        return;
      case 'received': {
        const { id, sender, recipients, size, source } = event.message;
        log.info({ message: id, sender, recipients: recipients.length, size, source }, 'received');
        return;
      }
      case 'refused': {
        const { reply, ...facts } = event.refused;
        log.info(facts, `refused: ${describeReply(reply)}`);
        return;
      }
      case 'settled': {
        const { outcome, reason, attempt, ...facts } = event.recipient;
        const status = enhancedStatusOf(reason);
        const fields = { ...facts, ...attempt, ...(status !== undefined && { status }), reason };
        if (outcome === 'delivered') log.info(fields, outcome);
        else log.warn(fields, outcome);
        return;
      }
      case 'call': {
        const { record, refusedBecause } = event;
        log.info(
          { circuit: record.circuit, link: record.link, ...(refusedBecause && { refusedBecause }) },
          callRecordLine(record),
        );
        calls?.write(record);
        return;
      }
      case 'bridged': {
        const { inOrder, reason, ...facts } = event.end;
        const text = `bridged session over: ${reason}`;
        if (inOrder) log.info({ circuit: event.circuit, ...facts }, text);
        else log.warn({ circuit: event.circuit, ...facts }, text);
        return;
      }
      case 'attention':
        log.error({ destination: event.destination }, `needs attention: ${event.reason}`);
        return;
      case 'budget': {
        const { peer, level, spent, until } = event;
        const text =
          level === 'usedUp' ? `budget used up, no calls before ${utc(until)}` : 'budget nearly used up';
        log[level === 'usedUp' ? 'error' : 'warn']({ peer }, `${text}: ${spent}`);
        return;
      }
      case 'connectionRefused':
        log.warn({ where: event.where, address: event.address }, `connection refused: ${event.why}`);
        return;
      case 'callerRefused': {
        const { verdict, ...caller } = event.caller;
        const why = {
          refused: 'call refused: its number does not lead to where it came from',
          unknown: 'call refused for now: nobody can tell where its number leads',
        };
        log.warn({ link: event.link, ...caller }, why[verdict]);
        return;
      }
      case 'modem':
        logModem(log.child({ link: event.link }), event.event);
        return;
      case 'turnedAway':
        log.warn({ where: event.where }, 'too many sessions, a client was turned away');
        return;
      case 'misdeed':
        log.warn({ where: event.where }, MISDEEDS[event.what]);
        return;
      case 'fatal':
        log.fatal(event.reason);
        return;
      case 'problem':
        log.error(event.problem);
    }
  };
}

function logLine(log: Logger, link: string, line: LineState): void {
  switch (line.state) {
    case 'opened':
      log.info({ link }, 'line opened');
      return;
    case 'carrier':
      log.info({ link }, 'carrier');
      return;
    case 'noCarrier':
      log.warn({ link }, 'no carrier: the link is down until it comes back');
      return;
    case 'carrierUnknown':
      log.warn({ link }, 'the port has no carrier signal: taken as there; set carrier = "ignore"');
      return;
    case 'closed':
      log.warn({ link, tries: line.tries }, `line lost: ${line.why}; again in ${line.retryInMs / 1000} s`);
  }
}
