import { LinkStack, type LinkStackOptions, type TraceEvent } from '../circuit/index.js';
import type {
  LinkConfiguration,
  ModemLinkConfiguration,
  PadLinkConfiguration,
  SerialLinkConfiguration,
} from '../config/index.js';
import type { Clock } from '../core/index.js';
import { type Line, type NameCache, SerialLine, TcpLine } from '../line/index.js';
import { ModemCircuits } from '../modem/index.js';
import { PadCircuits, type PadLineControl } from '../pad/index.js';
import type { Observe } from './events.js';
import type { GatewayLink } from './gateway-link.js';
import { LineLink } from './line-link.js';
import { XotGatewayLink } from './xot-gateway-link.js';

/** Kinds of links that have a line under them. */
export type LineLinkConfiguration = Extract<LinkConfiguration, { readonly line: unknown }>;

/** Opens nothing yet. Default: the serial port or serial device server that the configuration names. */
export type OpenLine = (link: LineLinkConfiguration, clock: Clock) => Line;

export interface LinkSurroundings {
  readonly clock: Clock;
  readonly observe: Observe;
  readonly openLine: OpenLine;
  /** Where names of routers are looked up. */
  readonly names: NameCache;
  /** Sees every frame and packet of every link. */
  readonly trace: (link: string, event: TraceEvent) => void;
  /** Whether anybody looks at the trace now. */
  readonly isTraced: () => boolean;
}

/** A link as it is configured, not started. */
export function makeLink(link: LinkConfiguration, surroundings: LinkSurroundings): GatewayLink {
  switch (link.type) {
    case 'serial':
      return onLine(link, surroundings, (line) => {
        return new LinkStack({ ...stackOptions(link, surroundings), write: (octets) => line.write(octets) });
      });
    case 'modem':
      return onLine(link, surroundings, (line) => modemCircuits(link, line, surroundings));
    case 'pad':
      return onLine(link, surroundings, (line) => padCircuits(link, line, surroundings.clock));
    case 'xot':
      return new XotGatewayLink(link, surroundings);
  }
}

function onLine<Driven extends ConstructorParameters<typeof LineLink>[0]['circuits']>(
  link: LineLinkConfiguration,
  { clock, observe, openLine }: LinkSurroundings,
  circuitsOver: (line: Line) => Driven,
): GatewayLink {
  const line = openLine(link, clock);
  return new LineLink({
    name: link.name,
    clock,
    line,
    circuits: circuitsOver(line),
    watchesCarrier: link.type === 'serial' && link.watchesCarrier,
    onState: (state) => observe({ type: 'line', link: link.name, line: state }),
  });
}

function stackOptions(
  link: SerialLinkConfiguration | ModemLinkConfiguration,
  { clock, trace, isTraced }: LinkSurroundings,
): Omit<LinkStackOptions, 'write'> {
  return {
    name: link.name,
    clock,
    lapb: link.lapb,
    packet: link.packet,
    escapeXonXoff: link.escapeXonXoff,
    ...(link.type === 'serial' && { fcs: link.fcs }),
    ...(link.calling !== undefined && { calling: link.calling }),
    trace: (event) => trace(link.name, event),
    isTraced,
  };
}

function modemCircuits(
  link: ModemLinkConfiguration,
  line: Line,
  surroundings: LinkSurroundings,
): ModemCircuits {
  const { clock, observe } = surroundings;
  const { clock: _, ...stack } = stackOptions(link, surroundings);
  return new ModemCircuits({
    clock,
    stack,
    line: {
      write: (octets) => line.write(octets),
      ...(line.control !== undefined && { control: line.control }),
    },
    modem: link.modem,
    answerRole: link.answerRole,
    callsOnAnswered: link.callsOnAnswered,
    idleHangUpMs: link.idleHangUpMs,
    answeredIdleHangUpMs: link.answeredIdleHangUpMs,
    adaptsT1: link.adaptsT1,
    ...(link.dial !== undefined && { dial: link.dial }),
    onEvent: (event) => observe({ type: 'modem', link: link.name, event }),
  });
}

/** X.28 §3.1.2 asks for a break of more than 150 ms; some PADs want to be sure. */
const BREAK_MS = 300;
const HANG_UP_MS = 1000;

function padCircuits(link: PadLinkConfiguration, line: Line, clock: Clock): PadCircuits {
  const { pause } = line;
  return new PadCircuits({
    name: link.name,
    clock,
    write: (octets) => line.write(octets),
    clearing: link.clearing,
    parameters: link.parameters,
    timers: link.timers,
    control: padControl(line, clock),
    ...(pause !== undefined && { pause: (paused) => pause.call(line, paused) }),
    ...(link.nua !== undefined && { nua: link.nua }),
    ...(link.serviceRequest !== undefined && { serviceRequest: link.serviceRequest }),
    ...(link.userDataMark !== undefined && { userDataMark: link.userDataMark }),
  });
}

function padControl({ control }: Line, clock: Clock): PadLineControl {
  if (control === undefined) return {};
  return {
    sendBreak: () => control.sendBreak(BREAK_MS),
    hangUp: () => {
      control.setDtr(false);
      clock.wake(clock.now() + HANG_UP_MS, () => control.setDtr(true));
    },
  };
}

export function openConfiguredLine({ line }: LineLinkConfiguration, clock: Clock): Line {
  if (line.type === 'tcp') return new TcpLine(line.host, line.port);
  return new SerialLine({ clock, path: line.path, baud: line.baud, rtscts: line.hardwareFlowControl });
}
