/**
 * A call as people read it: time, an arrow between the two ends, the packet in words.
 *
 *      0.000  site-a  -->  network  CALL REQUEST to 26245300040 from 23421000001, ...
 *      0.412  site-a  <--  network  CALL CONNECTED, packet size 512/512, window 4/4
 *      0.655  site-a  <--  network  DATA 0 31 octets
 *                                     220 gw-b.example ESMTP
 *
 * DATA packets that follow each other in one direction, with the RR packets between them, are one line.
 */

import type { TraceEvent } from '../circuit/index.js';
import { DataRun, isFolded } from './data-run.js';
import { describePacket, unreadable } from './describe-packet.js';
import { readPacket } from './read-packet.js';
import { SmtpWords } from './smtp-words.js';
import { senderOf, type TracedLink } from './traced-link.js';

export interface LadderOptions {
  /** Name of our end. */
  readonly us: string;
  /** Name of what is at the other end of the link. */
  readonly peer: string;
  /**
   * Show SMTP commands and replies that DATA packets carry. Only for mail that is the viewer's own, as in the
   * demonstration. Default false.
   */
  readonly text?: boolean;
}

interface Rung {
  readonly event: TraceEvent;
  readonly words: string;
  /** The dialogue that the packets carry. */
  readonly dialogue: readonly string[];
}

/**
 * @param events of one call, in order (see `callsOf`); frames are passed over.
 * @returns lines without line ends.
 */
export function ladder(link: TracedLink, events: Iterable<TraceEvent>, options: LadderOptions): string[] {
  const rungs = [...rungsOf(link, events, options.text === true)];
  const start = rungs[0]?.event.at ?? 0;
  return rungs.flatMap(({ event, words, dialogue }) => {
    const time = ((event.at - start) / 1000).toFixed(3).padStart(9);
    const arrow = event.direction === 'sent' ? '-->' : '<--';
    const head = `${time}  ${options.us}  ${arrow}  ${options.peer}  `;
    const indent = ' '.repeat(head.length + 2);
    return [head + words, ...dialogue.map((line) => indent + line)];
  });
}

function* rungsOf(link: TracedLink, events: Iterable<TraceEvent>, text: boolean): Generator<Rung> {
  const smtp = text ? new SmtpWords() : undefined;
  let run: DataRun | undefined;
  for (const event of events) {
    if (event.layer !== 'packet') continue;
    const packet = readPacket(event.octets);
    if (packet.ok && run?.takes(event, packet.value)) continue;
    if (run !== undefined) yield rungOf(run);
    run = undefined;
    if (!packet.ok) yield { event, words: unreadable(packet.fault, event.octets), dialogue: [] };
    else if (isFolded(packet.value)) run = new DataRun(event, packet.value, smtp);
    else yield { event, words: describePacket(packet.value, senderOf(link, event)), dialogue: [] };
  }
  if (run !== undefined) yield rungOf(run);
}

function rungOf({ start, words, dialogue }: DataRun): Rung {
  return { event: start, words, dialogue };
}
