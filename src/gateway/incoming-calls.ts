import { Bridge, type CallerNetwork } from '../bridge/index.js';
import { type Ending, type IncomingCall, OUR_DIAGNOSTIC } from '../circuit/index.js';
import type { Configuration, LinkConfiguration, PeerConfiguration } from '../config/index.js';
import { type Clock, describeError, type OctetStream, Tally } from '../core/index.js';
import { CallRecordBuilder } from '../observe/index.js';
import { type CallTimers, DEFAULT_CALL_TIMERS, MailCircuit } from '../rfc1090/index.js';
import {
  type Admission,
  admit,
  type BridgeAction,
  type CallToAdmit,
  type EngineAction,
  type IncomingRule,
  numberOfCaller,
} from '../routing/index.js';
import type { Spool } from '../spool/index.js';
import { freeOfCharge } from './call-prices.js';
import type { CallStarted, CallWatcher } from './call-watcher.js';
import type { CircuitReception } from './circuit-reception.js';
import type { Observe } from './events.js';
import { reachMailServer } from './mail-server.js';
import type { ServerRunner } from './server-runner.js';
import type { Connect } from './smtp-transport.js';

export interface IncomingCallsOptions {
  readonly configuration: Configuration;
  /** Addresses for the numbers of callers; absent where no bridge needs them. */
  readonly callerNetwork: CallerNetwork | undefined;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly reception: CircuitReception;
  readonly connect: Connect;
  /** False while whoever calls on a link may give any number (a modem that was rung up). */
  readonly isVouchedNow: (link: string) => boolean;
  /** The link has as many circuits as it may, those that are prepared here among them. */
  readonly isFull: (link: string) => boolean;
  readonly watchCall: (call: CallStarted) => CallWatcher;
  readonly observe: Observe;
}

type Refusal = Admission & { readonly action: 'reject' };

/** A call that is let in, and what is known of it. */
interface Admitted<How = EngineAction | BridgeAction> {
  readonly call: IncomingCall;
  readonly link: LinkConfiguration;
  /** Without what the network puts before it; empty when there is none. */
  readonly calling: string;
  readonly how: How;
  readonly rule?: IncomingRule | undefined;
  readonly peer?: string | undefined;
  /** The rule says so, and the network vouches for the number. */
  readonly mayRelay: boolean;
  /** The number is the caller's own. */
  readonly isVouched: boolean;
}

/** What takes up one of a rule's circuits, from the decision to the end of the call. */
interface Session {
  readonly rule: IncomingRule | undefined;
  /** Ends it at its next good moment. */
  stop(): void;
}

/** Takes calls: decides before acceptance (an accepted call is charged), then runs a session over the circuit. */
export class IncomingCalls {
  #options: IncomingCallsOptions;
  readonly #sessions = new Set<Session>();
  /** Of these, calls that are not answered yet, by link. */
  readonly #prepared = new Tally<string>();
  #stopping = false;

  constructor(options: IncomingCallsOptions) {
    this.#options = options;
  }

  /** Counts for further calls. */
  configure(options: Pick<IncomingCallsOptions, 'configuration' | 'callerNetwork'>): void {
    this.#options = { ...this.#options, ...options };
  }

  /** Sessions that are open or being prepared. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Calls on a link that were let in and are not answered yet. */
  preparedOn(link: string): number {
    return this.#prepared.of(link);
  }

  /** Takes no further calls; sessions end with 421 at their next good moment. */
  stop(): void {
    this.#stopping = true;
    for (const session of [...this.#sessions]) session.stop();
  }

  /** Never rejects. */
  async handle(call: IncomingCall, link: LinkConfiguration): Promise<void> {
    const caller = new AbortController();
    const record = new CallRecordBuilder(this.#options.clock, {
      link: link.name,
      direction: 'incoming',
      called: call.called,
      calling: call.calling,
      userData: call.userData,
      ...(link.tariff !== undefined && { price: freeOfCharge(link.tariff.currency) }),
    });
    call.onWithdrawn((ending) => {
      caller.abort();
      this.#options.observe({ type: 'call', record: record.finish(ending) });
    });
    const refusal = await this.#take(call, link, caller.signal);
    if (refusal === undefined || caller.signal.aborted) return;
    const { cause, diagnostic, why } = refusal;
    call.refuse({ cause, diagnostic });
    const ending: Ending = { by: 'us', cause, diagnostic, facilities: {}, userData: new Uint8Array() };
    this.#options.observe({ type: 'call', record: record.finish(ending), refusedBecause: why });
  }

  /** @param withdrawn the caller has gone. @returns why the call is not taken. */
  async #take(
    call: IncomingCall,
    link: LinkConfiguration,
    withdrawn: AbortSignal,
  ): Promise<Refusal | undefined> {
    if (this.#stopping) return SHUTTING_DOWN;
    const { incoming, peers } = this.#options.configuration;
    const calling = numberOfCaller(call.calling, link.prefixes);
    const admission = admit(
      { link: link.name, calling, called: call.called, userData: call.userData, ...askedOf(call) },
      incoming,
      peers,
    );
    if (admission.action === 'reject') return admission;
    if (this.#isFull(admission.rule)) return refusal(OUR_DIAGNOSTIC.noResources, 'too many circuits');
    if (this.#options.isFull(link.name)) return noCircuitOn(link);
    const { how, rule, peer } = admission;
    const isVouched = this.#isVouched(link, calling);
    const mayRelay = how.relay && isVouched;
    const admitted = { call, link, calling, rule, peer, mayRelay, isVouched };
    return how.type === 'engine'
      ? this.#takeForEngine({ ...admitted, how }, withdrawn)
      : this.#takeForBridge({ ...admitted, how }, withdrawn);
  }

  /** Where anybody can write any number, no right hangs on it; nor on none, where that is how not to be verified. */
  #isVouched(link: LinkConfiguration, calling: string): boolean {
    const hasProof = link.vouched && (link.type !== 'xot' || calling !== '');
    return hasProof && this.#options.isVouchedNow(link.name);
  }

  /** By name: what was there before a reload counts as well. */
  #isFull(rule: IncomingRule | undefined): boolean {
    const most = rule === undefined || rule.action.type === 'reject' ? undefined : rule.action.maxCircuits;
    if (most === undefined) return false;
    return [...this.#sessions].filter((session) => session.rule?.name === rule?.name).length >= most;
  }

  // ---------------------------------------------------------------- for the engine

  async #takeForEngine(
    admitted: Admitted<EngineAction>,
    withdrawn: AbortSignal,
  ): Promise<Refusal | undefined> {
    try {
      if (!(await this.#options.spool.hasRoom(0))) return refusal(OUR_DIAGNOSTIC.noResources, 'low on disk');
    } catch (error) {
      const why = `the spool's disk can't be asked: ${describeError(error)}`;
      this.#options.observe({ type: 'problem', problem: why });
      return refusal(OUR_DIAGNOSTIC.noResources, why);
    }
    if (withdrawn.aborted) return undefined;
    if (this.#stopping) return SHUTTING_DOWN;
    if (this.#options.isFull(admitted.link.name)) return noCircuitOn(admitted.link);
    let runner: ServerRunner | undefined;
    const answered = this.#answer(admitted, {
      opened: () => runner?.start(),
      ended: () => this.#sessions.delete(session),
    });
    if (answered === undefined) return undefined;
    runner = this.#engine(admitted, answered);
    const session: Session = { rule: admitted.rule, stop: () => runner.stop() };
    this.#sessions.add(session);
    return undefined;
  }

  #engine({ calling, link, peer, mayRelay, isVouched }: Admitted, answered: Answered): ServerRunner {
    return this.#options.reception.session({
      ...answered,
      link: link.name,
      number: calling,
      peer,
      mayRelay,
      isVouched,
    });
  }

  // ---------------------------------------------------------------- for a mail server

  /** The mail server is reached and told first: one that is down costs nobody a call. */
  async #takeForBridge(
    admitted: Admitted<BridgeAction>,
    withdrawn: AbortSignal,
  ): Promise<Refusal | undefined> {
    const { link, how, mayRelay, rule } = admitted;
    if (how.identify === 'none' && !mayRelay)
      return refusal(
        OUR_DIAGNOSTIC.callerRefused,
        `nobody vouches for the calling number on ${link.name} now`,
      );
    const vain = new AbortController();
    withdrawn.addEventListener('abort', () => vain.abort());
    const preparing: Session = { rule, stop: () => vain.abort() };
    this.#sessions.add(preparing);
    this.#prepared.add(link.name);
    const stream = await this.#reach(admitted, vain.signal);
    this.#sessions.delete(preparing);
    this.#prepared.add(link.name, -1);
    if (this.#stopping) return SHUTTING_DOWN;
    if (typeof stream === 'string') return refusal(OUR_DIAGNOSTIC.destinationUnreachable, stream);
    this.#bridge(admitted, stream);
    return undefined;
  }

  #reach({ call, calling, how, mayRelay }: Admitted<BridgeAction>, signal: AbortSignal) {
    const { configuration, callerNetwork, clock, connect } = this.#options;
    return reachMailServer({
      server: how,
      caller: { nua: calling, relay: mayRelay },
      called: call.called,
      hostname: configuration.gateway.hostname,
      network: callerNetwork,
      clock,
      connect,
      signal,
    });
  }

  #bridge(admitted: Admitted, tcp: OctetStream): void {
    const { clock, observe } = this.#options;
    let bridge: Bridge | undefined;
    let isOpen = false;
    const answered = this.#answer(admitted, {
      opened: () => {
        isOpen = true;
        bridge?.start();
      },
      ended: () => {
        this.#sessions.delete(session);
        if (!isOpen) tcp.abort('protocolError');
      },
    });
    if (answered === undefined) {
      tcp.abort('protocolError');
      return;
    }
    const { circuit, watcher } = answered;
    bridge = new Bridge({
      circuit,
      tcp,
      clock,
      client: 'circuit',
      startTls: 'pass',
      onAccepted: () => watcher.messageReceived(),
    });
    const session: Session = { rule: admitted.rule, stop: () => bridge.stop() };
    this.#sessions.add(session);
    void bridge.done.then((end) => observe({ type: 'bridged', circuit: circuit.circuit.id, end }));
  }

  // ---------------------------------------------------------------- common to both

  /** @returns undefined when the caller has gone meanwhile. */
  #answer({ call, link, peer }: Admitted, on: { opened(): void; ended(): void }): Answered | undefined {
    const { clock, watchCall } = this.#options;
    const circuit = MailCircuit.answer(call, {
      clock,
      timers: this.#timersOf(peer),
      watch: (event) => watcher.event(event),
      opened: () => on.opened(),
      ended: (outcome) => {
        watcher.ended(outcome);
        on.ended();
      },
    });
    if (circuit === undefined) return undefined;
    const watcher = watchCall({
      circuit: circuit.circuit,
      link: link.name,
      userData: call.userData,
      reverseCharged: call.facilities.reverseCharging === true,
      ...(peer !== undefined && { peer }),
    });
    return { circuit, watcher };
  }

  #timersOf(peer: string | undefined): CallTimers {
    const isIt = ({ name }: PeerConfiguration): boolean => name === peer;
    return this.#options.configuration.peers.find(isIt)?.timers ?? DEFAULT_CALL_TIMERS;
  }
}

interface Answered {
  readonly circuit: MailCircuit;
  readonly watcher: CallWatcher;
}

/** As a DTE refuses (ISO 8208). */
function refusal(diagnostic: number, why: string): Refusal {
  return { action: 'reject', cause: 0x00, diagnostic, why };
}

function noCircuitOn({ name }: LinkConfiguration): Refusal {
  return refusal(OUR_DIAGNOSTIC.noResources, `too many circuits on ${name}`);
}

const SHUTTING_DOWN = refusal(OUR_DIAGNOSTIC.shuttingDown, 'shutting down');

/** What the caller's facilities ask of us before anything else. */
function askedOf({ facilities }: IncomingCall): Partial<CallToAdmit> {
  const group = facilities.closedUserGroup ?? facilities.closedUserGroupOutgoing;
  return {
    ...(group !== undefined && { closedUserGroup: group }),
    ...(facilities.reverseCharging === true && { reverseCharging: true }),
    ...(facilities.fastSelect === 'restricted' && { isRestricted: true }),
  };
}
