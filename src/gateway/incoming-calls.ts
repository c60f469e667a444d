import type { Ending, IncomingCall } from '../circuit/index.js';
import type { Configuration, LinkConfiguration, PeerConfiguration } from '../config/index.js';
import { type Clock, describeError } from '../core/index.js';
import { CallRecordBuilder } from '../observe/index.js';
import { type CallTimers, DEFAULT_CALL_TIMERS, MailCircuit } from '../rfc1090/index.js';
import {
  type Admission,
  admit,
  type IncomingRule,
  numberOfCaller,
  type Recipients,
} from '../routing/index.js';
import type { ServerOptions } from '../smtp/index.js';
import type { Spool } from '../spool/index.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';
import type { Observe } from './events.js';
import { type Received, ServerRunner } from './server-runner.js';

export interface IncomingCallsOptions {
  readonly configuration: Configuration;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly recipients: Recipients;
  readonly session: ServerOptions;
  /** False while whoever calls on a link may give any number (a modem that was rung up). */
  readonly isVouchedNow: (link: string) => boolean;
  readonly watchCall: (call: CallStarted) => CallWatcher;
  readonly onReceived: (message: Received) => void;
  readonly observe: Observe;
}

/** Diagnostics of a refusal (ISO 8208); the cause is that of a DTE. */
const NO_RESOURCES = 0xa3;
const SHUTTING_DOWN = 0xa2;

type Admitted = Admission & { readonly action: 'take' };

/** Takes calls: decides before acceptance (an accepted call is charged), then runs a session over the circuit. */
export class IncomingCalls {
  readonly #options: IncomingCallsOptions;
  readonly #open = new Map<ServerRunner, IncomingRule | undefined>();
  #stopping = false;

  constructor(options: IncomingCallsOptions) {
    this.#options = options;
  }

  /** Sessions that are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Takes no further calls; sessions end with 421 at their next good moment. */
  stop(): void {
    this.#stopping = true;
    for (const runner of this.#open.keys()) runner.stop();
  }

  async handle(call: IncomingCall, link: LinkConfiguration): Promise<void> {
    let withdrawn: Ending | undefined;
    const record = new CallRecordBuilder(this.#options.clock, started(call, link, undefined));
    call.onWithdrawn((ending) => {
      withdrawn = ending;
      this.#options.observe({ type: 'call', record: record.finish(ending) });
    });
    const decision = await this.#decide(call, link);
    if (withdrawn !== undefined) return;
    if (decision.action === 'take') {
      this.#answer(call, link, decision);
      return;
    }
    const { cause, diagnostic, why } = decision;
    call.refuse({ cause, diagnostic });
    const ending: Ending = { by: 'us', cause, diagnostic, facilities: {}, userData: new Uint8Array() };
    this.#options.observe({ type: 'call', record: record.finish(ending), refusedBecause: why });
  }

  async #decide(call: IncomingCall, link: LinkConfiguration): Promise<Admission> {
    const { configuration, spool } = this.#options;
    const refusal = (diagnostic: number, why: string): Admission => ({
      action: 'reject',
      cause: 0x00,
      diagnostic,
      why,
    });
    if (this.#stopping) return refusal(SHUTTING_DOWN, 'shutting down');
    const admission = admit(
      {
        link: link.name,
        calling: numberOfCaller(call.calling, link.prefixes),
        called: call.called,
        userData: call.userData,
      },
      configuration.incoming,
      configuration.peers,
    );
    if (admission.action === 'reject') return admission;
    if (this.#isFull(admission.rule)) return refusal(NO_RESOURCES, 'too many circuits');
    try {
      if (!(await spool.hasRoom(0))) return refusal(NO_RESOURCES, 'low on disk');
    } catch (error) {
      const why = `the spool's disk can't be asked: ${describeError(error)}`;
      this.#options.observe({ type: 'problem', problem: why });
      return refusal(NO_RESOURCES, why);
    }
    return admission;
  }

  #isFull(rule: IncomingRule | undefined): boolean {
    const most = rule === undefined || rule.action.type === 'reject' ? undefined : rule.action.maxCircuits;
    if (most === undefined) return false;
    return [...this.#open.values()].filter((other) => other === rule).length >= most;
  }

  #answer(call: IncomingCall, link: LinkConfiguration, admitted: Admitted): void {
    const { clock, spool, session, recipients, watchCall, observe, onReceived } = this.#options;
    let runner: ServerRunner | undefined;
    const circuit = MailCircuit.answer(call, {
      clock,
      timers: this.#timersOf(admitted.peer),
      watch: (event) => watcher.event(event),
      opened: () => runner?.start(),
      ended: (outcome) => {
        watcher.ended(outcome);
        if (runner !== undefined) this.#open.delete(runner);
      },
    });
    if (circuit === undefined) return;
    const watcher = watchCall({ ...started(call, link, admitted.peer), circuit: circuit.circuit.id });
    const calling = numberOfCaller(call.calling, link.prefixes);
    // Where anybody can write any number, no right hangs on it.
    const isVouched = link.vouched && this.#options.isVouchedNow(link.name);
    runner = new ServerRunner({
      stream: circuit,
      caller: {
        source: `x25 ${calling || 'unknown'} on ${link.name}`,
        origin: `X.25 ${calling || 'without a number'} on ${link.name}`,
        protocol: 'X25',
        judge: (recipient) => recipients.judge(recipient, { peerRelay: admitted.how.relay && isVouched }),
      },
      session,
      spool,
      clock,
      onDialogue: (event) => circuit.dialogue(event),
      onReceived: (message) => {
        watcher.messageReceived();
        onReceived(message);
      },
      onProblem: (problem) => observe({ type: 'problem', problem: `${circuit.circuit.id}: ${problem}` }),
    });
    this.#open.set(runner, admitted.rule);
  }

  #timersOf(peer: string | undefined): CallTimers {
    const isIt = ({ name }: PeerConfiguration): boolean => name === peer;
    return this.#options.configuration.peers.find(isIt)?.timers ?? DEFAULT_CALL_TIMERS;
  }
}

function started(
  call: IncomingCall,
  link: LinkConfiguration,
  peer: string | undefined,
): Omit<CallStarted, 'circuit'> {
  return {
    link: link.name,
    direction: 'incoming',
    called: call.called,
    calling: call.calling,
    userData: call.userData,
    ...(peer !== undefined && { peer }),
  };
}
