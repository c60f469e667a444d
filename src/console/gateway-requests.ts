import { z } from 'zod';
import type { TracedLink, TraceEvent } from '../observe/index.js';
import { queueRequests } from './queue-requests.js';
import { type Asked, type ControlRequests, RequestError, request, untilCancelled } from './request.js';
import { submissionRequests } from './submission-requests.js';
import type { WatchedGateway } from './watched-gateway.js';

/** Frames where a link has them, else packets; packets alone; or both. */
export const CAPTURE_LAYERS = ['frames', 'packets', 'both'] as const;
export type CaptureLayers = (typeof CAPTURE_LAYERS)[number];

/** What a capture tells, one event for each frame or packet. */
export interface CapturedEvent {
  readonly link: TracedLink;
  readonly layer: TraceEvent['layer'];
  readonly direction: TraceEvent['direction'];
  readonly at: number;
  readonly wallTime: number;
  readonly circuit?: string;
  /** Base64. */
  readonly octets: string;
}

/** What can be asked of a running gateway. */
export function gatewayRequests(gateway: WatchedGateway): ControlRequests {
  return {
    ...queueRequests(gateway.queue),
    ...submissionRequests(gateway.submissions),
    status: request({}, () => gateway.status()),
    clear: request({ circuit: z.string() }, ({ circuit }) => clear(gateway, circuit)),
    capture: request(
      { links: z.array(z.string()).default([]), layers: z.enum(CAPTURE_LAYERS).default('frames') },
      ({ links, layers }, asked) => capture(gateway, links, layers, asked),
    ),
  };
}

function clear(gateway: WatchedGateway, circuit: string): void {
  if (gateway.clearCircuit(circuit)) return;
  const known = gateway.status().circuits.map(({ id }) => id);
  throw new RequestError(
    'unknownCircuit',
    `found circuit "${circuit}"; allowed: ${known.slice(0, 20).join(', ') || 'none, there is no circuit'}`,
  );
}

async function capture(
  gateway: WatchedGateway,
  links: readonly string[],
  layers: CaptureLayers,
  asked: Asked,
): Promise<{ readonly told: number; readonly lost: number }> {
  const known = gateway.tracedLinks.map(({ name }) => name);
  const unknown = links.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new RequestError('unknownLink', `found link "${unknown}"; allowed: ${known.join(', ') || 'none'}`);
  const count = { told: 0, lost: 0 };
  const stop = gateway.watch((link, event, circuit) => {
    if (links.length > 0 && !links.includes(link.name)) return;
    if (!isWanted(layers, link, event)) return;
    const { octets, ...rest } = event;
    const told = asked.event({
      link,
      ...rest,
      ...(circuit !== undefined && { circuit }),
      octets: Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64'),
    } satisfies CapturedEvent);
    count[told ? 'told' : 'lost']++;
  });
  await untilCancelled(asked);
  stop();
  return count;
}

function isWanted(layers: CaptureLayers, { role }: TracedLink, { layer }: TraceEvent): boolean {
  if (layers === 'both') return true;
  const hasFrames = role !== 'either';
  return layer === (layers === 'frames' && hasFrames ? 'frame' : 'packet');
}
