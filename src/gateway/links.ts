import { LinkStack, type TraceEvent } from '../circuit/index.js';
import type { LinkConfiguration } from '../config/index.js';
import type { Clock } from '../core/index.js';
import { type Line, SerialLine, TcpLine } from '../line/index.js';
import type { Observe } from './events.js';
import type { GatewayLink } from './gateway-link.js';
import { LineLink } from './line-link.js';

/** Opens nothing yet. Default: the serial port or serial device server that the configuration names. */
export type OpenLine = (link: LinkConfiguration, clock: Clock) => Line;

export interface LinkSurroundings {
  readonly clock: Clock;
  readonly observe: Observe;
  readonly openLine: OpenLine;
  /** Sees every frame and packet of every link. */
  readonly trace: ((link: string, event: TraceEvent) => void) | undefined;
}

/** A link as it is configured, not started. */
export function makeLink(link: LinkConfiguration, surroundings: LinkSurroundings): GatewayLink {
  const { clock, observe, openLine, trace } = surroundings;
  const line = openLine(link, clock);
  return new LineLink({
    name: link.name,
    clock,
    line,
    onState: (state) => observe({ type: 'line', link: link.name, line: state }),
    circuits: new LinkStack({
      name: link.name,
      clock,
      lapb: link.lapb,
      packet: link.packet,
      escapeXonXoff: link.escapeXonXoff,
      write: (octets) => line.write(octets),
      ...(link.calling !== undefined && { calling: link.calling }),
      ...(trace !== undefined && { trace: (event) => trace(link.name, event) }),
    }),
  });
}

export function openConfiguredLine({ line }: LinkConfiguration, clock: Clock): Line {
  if (line.type === 'tcp') return new TcpLine(line.host, line.port);
  return new SerialLine({ clock, path: line.path, baud: line.baud, rtscts: line.hardwareFlowControl });
}
