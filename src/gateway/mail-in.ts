import { CallerNetwork } from '../bridge/index.js';
import type { IncomingCall } from '../circuit/index.js';
import type { Configuration, LinkConfiguration } from '../config/index.js';
import type { Submission, SubmittedMessage } from '../console/index.js';
import type { Spool } from '../spool/index.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';
import type { SharedLink } from './circuit-rate.js';
import { CircuitReception, type ReceptionTerms } from './circuit-reception.js';
import type { PreparedFiles } from './client-security.js';
import type { Dispatcher } from './dispatcher.js';
import type { Surroundings } from './environment.js';
import { FetchDesk } from './fetch-desk.js';
import { IncomingCalls } from './incoming-calls.js';
import { LocalIntake } from './local-intake.js';
import type { PlacedCall } from './peer-caller.js';
import type { TurnedStream } from './peer-transport.js';
import type { Received } from './reception.js';
import type { Rules } from './rules.js';
import { circuitClientOptions, circuitServerOptions } from './session-options.js';
import { SmtpService } from './smtp-service.js';
import { TurnedCalls } from './turned-calls.js';

export interface MailInOptions extends Pick<Surroundings, 'clock' | 'observe' | 'connect'> {
  /** Those in force. */
  readonly rules: () => Rules;
  readonly spool: Spool;
  /** Asked once everything is there. */
  readonly dispatcher: () => Pick<Dispatcher, 'tryNow' | 'handOut'>;
  readonly isVouchedNow: (link: string) => boolean;
  readonly sharedLink: (name: string) => SharedLink | undefined;
  /** The link has as many circuits as it may. */
  readonly isFull: (link: string) => boolean;
  readonly watchCall: (call: CallStarted) => CallWatcher;
  readonly onReceived: (message: Received) => Promise<void>;
}

/** All ways by which mail comes in: SMTP by TCP, calls to us, calls of ours that have turned, this machine. */
export class MailIn {
  readonly #smtp: SmtpService;
  readonly #reception: CircuitReception;
  readonly #calls: IncomingCalls;
  readonly #turned: TurnedCalls;
  readonly #local: LocalIntake;

  constructor(options: MailInOptions) {
    const { rules, spool, clock, observe, onReceived, connect, isVouchedNow, isFull, watchCall } = options;
    const onProblem = (problem: string): void => observe({ type: 'problem', problem });
    const fetchDesk = new FetchDesk({
      rights: () => rules().fetchRights,
      dispatcher: options.dispatcher,
      spool,
      clock,
      etrnEveryMs: () => rules().configuration.limits.etrnEveryMs,
      onProblem,
    });
    const common = { spool, clock, fetchDesk, onReceived, observe };
    this.#smtp = new SmtpService({ ...rules(), ...common });
    this.#reception = new CircuitReception({
      ...receptionTerms(rules()),
      ...common,
      security: this.#smtp.security,
      sharedLink: options.sharedLink,
    });
    const reception = this.#reception;
    this.#calls = new IncomingCalls({
      ...callTerms(rules().configuration),
      spool,
      clock,
      reception,
      connect,
      isVouchedNow,
      isFull,
      watchCall,
      observe,
    });
    this.#turned = new TurnedCalls({ configuration: () => rules().configuration, reception, clock });
    this.#local = new LocalIntake({
      configuration: () => rules().configuration,
      policy: () => rules().policy,
      inspector: () => rules().inspector,
      spool,
      clock,
      onReceived,
      onProblem,
    });
  }

  /** The ports that SMTP is taken on, in the order of the configuration. */
  get smtpPorts(): readonly number[] {
    return this.#smtp.ports;
  }

  /** Calls to us on a link that were let in and are not answered yet. */
  preparedOn(link: string): number {
    return this.#calls.preparedOn(link);
  }

  /** Sessions that are going on. */
  get size(): number {
    return this.#smtp.size + this.#calls.size + this.#turned.size;
  }

  /** @throws GatewayError when a file that the configuration names can't be used. */
  prepare(configuration: Configuration): PreparedFiles {
    return this.#smtp.security.prepare(configuration);
  }

  /** Counts for sessions and calls that begin. */
  configure(rules: Rules, files: PreparedFiles): void {
    this.#smtp.configure(rules, files);
    this.#reception.configure(receptionTerms(rules));
    this.#calls.configure(callTerms(rules.configuration));
  }

  /** @throws GatewayError when an address can't be listened on. */
  listen(): Promise<void> {
    return this.#smtp.listen();
  }

  called(call: IncomingCall, link: LinkConfiguration): void {
    void this.#calls.handle(call, link);
  }

  /** A call of ours in which we are the server now. */
  turned(call: PlacedCall, turned: TurnedStream): void {
    this.#turned.take(call, turned);
  }

  /** @throws RequestError when a recipient is refused, or there is no room. */
  begin(submission: Submission): Promise<SubmittedMessage> {
    return this.#local.begin(submission);
  }

  /** Takes no further sessions and calls. */
  stop(): void {
    this.#smtp.stop();
    this.#calls.stop();
    this.#turned.stop();
  }

  /** Ends the sessions that are left. */
  close(): void {
    this.#smtp.close();
  }
}

function callTerms(configuration: Configuration) {
  const { callerNetwork } = configuration.gateway;
  return {
    configuration,
    callerNetwork: callerNetwork === undefined ? undefined : CallerNetwork.parse(callerNetwork),
  };
}

function receptionTerms({ configuration, policy, inspector }: Rules): ReceptionTerms {
  return {
    configuration,
    policy,
    inspector,
    priorities: { most: configuration.limits.maxPriority, isInHeader: false },
    session: circuitServerOptions(configuration),
    turnedSession: circuitClientOptions(configuration),
  };
}
