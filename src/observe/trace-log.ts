import type { TraceEvent } from '../circuit/index.js';
import { describeEvent } from './describe.js';
import type { Logger } from './log.js';
import type { TracedLink } from './traced-link.js';

/**
 * What to give a link as its trace so that each frame becomes a line at level `trace`. Where a link has frames,
 * packets are part of their lines; where it has none (XOT), each packet is a line.
 */
export function traceTo(log: Logger, link: TracedLink): (event: TraceEvent) => void {
  const layer = link.role === 'either' ? 'packet' : 'frame';
  return (event) => {
    if (event.layer === layer && log.isLevelEnabled('trace')) log.trace(describeEvent(link, event));
  };
}
