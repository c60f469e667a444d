import { Bridge, type BridgeEnd, type BridgeOptions } from '../../src/bridge/index.js';
import type { Circuits, IncomingCall } from '../../src/circuit/index.js';
import type { OctetStream, VirtualClock } from '../../src/core/index.js';
import { type CallOutcome, MailCircuit, type MailCircuitOptions } from '../../src/rfc1090/index.js';
import { hex } from '../support/hex.js';
import { type ClientDriver, octets, type ServerDriver } from '../support/smtp-drivers.js';
import { type MemoryStream, streamPair } from './stream-pair.js';

export const REQUEST = { called: '26245300040', calling: '23421000001', userData: hex('c0 f7 00 00') };

/** A bridge at one end of a call; `mta` is the other end of its connection. */
export interface BridgedCall {
  readonly mta: MemoryStream;
  readonly tcp: MemoryStream;
  readonly bridge: Bridge;
  outcome: CallOutcome | undefined;
  end: BridgeEnd | undefined;
}

type Rest = Partial<Pick<BridgeOptions, 'bareLineEnd' | 'silenceMs'>>;

/** A connection from an MTA becomes a call. */
export function placeBridged(clock: VirtualClock, circuits: Circuits, rest: Rest = {}): BridgedCall {
  return bridged(clock, 'tcp', (options) => MailCircuit.place(circuits, REQUEST, options), rest);
}

/** A call becomes a connection to an MTA. @throws Error when the caller has gone. */
export function answerBridged(clock: VirtualClock, call: IncomingCall, rest: Rest = {}): BridgedCall {
  return bridged(
    clock,
    'circuit',
    (options) => {
      const circuit = MailCircuit.answer(call, options);
      if (circuit === undefined) throw new Error('the caller has gone');
      return circuit;
    },
    rest,
  );
}

function bridged(
  clock: VirtualClock,
  client: 'circuit' | 'tcp',
  open: (options: MailCircuitOptions) => MailCircuit,
  rest: Rest,
): BridgedCall {
  const { a: tcp, b: mta } = streamPair(clock);
  const circuit = open({
    clock,
    ended: (outcome) => {
      call.outcome = outcome;
    },
    // Nothing may be sent before; of our own calls the greeting comes first anyway.
    ...(client === 'circuit' && { opened: () => bridge.start() }),
  });
  const bridge = new Bridge({ circuit, tcp, clock, client, startTls: 'pass', ...rest });
  const call: BridgedCall = { mta, tcp, bridge, outcome: undefined, end: undefined };
  if (client === 'tcp') bridge.start();
  void bridge.done.then((end) => {
    call.end = end;
  });
  return call;
}

/** Lets a session of the engine speak over a stream. */
export function speak(driver: ServerDriver | ClientDriver, stream: OctetStream, clock: VirtualClock): void {
  const flush = (): void => {
    const said = driver.said();
    if (said !== '') stream.write(octets(said), true);
    if ('closed' in driver && driver.closed !== undefined) stream.close();
    if ('finished' in driver && driver.finished !== undefined) stream.close();
  };
  stream.setReceiver({
    octets: (given) => {
      driver.now = clock.now();
      driver.give(given);
      stream.consumed(given.length);
      flush();
    },
    ready: () => {},
    ended: ({ reason }) => {
      driver.input({ type: 'ended', reason } as never);
    },
  });
  driver.start();
  flush();
}
