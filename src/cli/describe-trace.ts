/** A capture as people read it: what concerns a link as a whole, then each call as a ladder. */
import {
  type CapturedLink,
  type CapturedTrace,
  callsOf,
  channelIn,
  count,
  describeEvent,
  ladder,
  type TracedCall,
  type TracedLink,
  type TraceEvent,
  utc,
} from '../observe/index.js';

export interface TraceOptions {
  /** Show the SMTP dialogue that packets carry. */
  readonly text: boolean;
}

export function describeTrace({ links, others, fault }: CapturedTrace, options: TraceOptions): string {
  const parts = links.flatMap((link) => describeLink(link, options));
  if (others > 0)
    parts.push(`${count(others, 'record')} of the capture ${others === 1 ? 'is' : 'are'} no X.25.\n`);
  return parts.length === 0 && fault === undefined ? 'The capture is empty.\n' : parts.join('\n');
}

/** The ends of a link, as the ladders name them. */
function endsOf({ role }: TracedLink): { readonly us: string; readonly peer: string } {
  if (role === 'either') return { us: 'caller', peer: 'called' };
  return role === 'dte' ? { us: 'DTE', peer: 'DCE' } : { us: 'DCE', peer: 'DTE' };
}

function describeLink(captured: CapturedLink, options: TraceOptions): string[] {
  const { link, frames, packets } = captured;
  const what = [
    ...(frames.length > 0 ? [`${count(frames.length, 'frame')} of modulo ${link.frameModulo ?? 8}`] : []),
    count(packets.length, 'packet'),
  ];
  const role = link.role === 'either' ? '' : `, seen by the ${link.role.toUpperCase()}`;
  const head = `Link ${link.name}${role}: ${what.join(', ')}\n`;
  const whole = linkEvents(captured).map((event) => `  ${clockTime(event)}  ${describeEvent(link, event)}\n`);
  const calls = callsOf(packets).map((call) => describeCall(link, call, options));
  return [head + whole.join(''), ...calls];
}

/** What concerns no call: all frames but those that carry packets or acknowledge them, and packets about the link. */
function linkEvents({ link, frames, packets }: CapturedLink): TraceEvent[] {
  const ofLink = packets.filter((event) => channelIn(link, event) === 0);
  const notable = frames.filter((event) => !isOrdinary(event));
  return [...notable, ...ofLink].sort((a, b) => a.at - b.at);
}

/** I and RR frames. */
function isOrdinary({ octets }: TraceEvent): boolean {
  const control = octets[1] ?? 0xff;
  return (control & 0x01) === 0 || (control & 0x0f) === 0x01;
}

function clockTime({ wallTime }: TraceEvent): string {
  return new Date(wallTime).toISOString().slice(11, 23);
}

function describeCall(link: TracedLink, { channel, events }: TracedCall, { text }: TraceOptions): string {
  const begun = events[0]?.wallTime ?? 0;
  const lines = ladder(link, events, { ...endsOf(link), text });
  return `Circuit on channel ${channel}, ${utc(begun)}\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** The same for programs. */
export function traceFacts({ links, others, fault }: CapturedTrace): unknown {
  return {
    links: links.map((captured) => ({
      link: captured.link,
      frames: captured.frames.length,
      packets: captured.packets.length,
      events: linkEvents(captured).map((event) => eventFacts(captured.link, event)),
      calls: callsOf(captured.packets).map(({ channel, events }) => ({
        channel,
        events: events.map((event) => eventFacts(captured.link, event)),
      })),
    })),
    others,
    ...(fault !== undefined && { fault }),
  };
}

function eventFacts(link: TracedLink, event: TraceEvent): unknown {
  const { wallTime, layer, direction } = event;
  return { time: new Date(wallTime).toISOString(), layer, direction, words: describeEvent(link, event) };
}
