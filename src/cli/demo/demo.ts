import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TraceEvent } from '../../circuit/index.js';
import { deferred, describeError, isEqual, SystemClock } from '../../core/index.js';
import type { GatewayEvent } from '../../gateway/index.js';
import { type CallRecord, CaptureFile, callRecordLine, callsOf, ladder } from '../../observe/index.js';
import { demonstrationMessage } from './message.js';
import { CrossingProgress } from './progress.js';
import { SITE_A, SITE_B, type Site } from './sites.js';
import { Stage } from './stage.js';
import { submit } from './submit.js';

export interface DemoOptions {
  /** Bits per second of the simulated lines; absent: as fast as the machine. */
  readonly lineSpeed?: number;
  readonly capture: string;
  readonly json: boolean;
}

export interface DemoOutput {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
}

const LINK = { name: 'psdn0', role: 'dte' } as const;
const FROM = `someone@${SITE_A.domain}`;
const TO = `someone@${SITE_B.domain}`;

/** What starting, calling and closing may take beyond what the line needs for the message. */
const PATIENCE_MS = 30_000;

/** `x25mail demo`. @returns the exit status: 0 when what arrived is what was sent. */
export async function runDemo(options: DemoOptions, output: DemoOutput): Promise<number> {
  const say = (text: string): void => {
    if (!options.json) output.write(`${text}\n`);
  };
  const folder = await mkdtemp(join(tmpdir(), 'x25mail-demo-'));
  try {
    say(introduction(options.lineSpeed));
    const crossing = await cross(options, folder, say, output.isTerminal && !options.json);
    const isIdentical = isDelivered(crossing);
    if (options.json)
      output.write(`${JSON.stringify(facts(options, crossing, isIdentical), undefined, 2)}\n`);
    else explain(options, crossing, isIdentical, say);
    return isIdentical ? 0 : 1;
  } catch (error) {
    process.stderr.write(`x25mail: the demonstration failed: ${describeError(error)}\n`);
    return 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Crossing {
  readonly message: Uint8Array;
  readonly arrived: Uint8Array;
  readonly record: CallRecord;
  readonly trace: readonly TraceEvent[];
}

async function cross(
  { lineSpeed, capture: captureFile }: DemoOptions,
  folder: string,
  say: (text: string) => void,
  isTerminal: boolean,
): Promise<Crossing> {
  const clock = new SystemClock();
  const message = await demonstrationMessage(FROM, TO, new Date(clock.wallTime()));
  const capture = new CaptureFile(resolve(captureFile), {
    section: { hardware: 'simulated X.25 network', application: 'x25mail demo' },
    onError: (error) =>
      process.stderr.write(`x25mail: the capture is not complete: ${describeError(error)}\n`),
  });
  const progress = new CrossingProgress(message.length, isTerminal, say);
  const trace: TraceEvent[] = [];
  const arrival = deferred<Uint8Array>();
  const call = deferred<CallRecord>();
  const failure = deferred<never>();
  failure.promise.catch(() => {}); // also when it comes after all that was waited for
  const stopWaiting = clock.wake(clock.now() + patience(message.length, lineSpeed), () =>
    failure.reject(new Error('the message did not arrive in time')),
  );

  const stage = await Stage.open({
    clock,
    folder,
    lineSpeed,
    onEvent: (site, event) => {
      const news = describeEvent(site, event);
      if (news !== undefined) say(`  ${news}`);
      if (event.type === 'settled' && event.recipient.outcome !== 'delivered')
        failure.reject(new Error(`${site.hostname}: ${event.recipient.reason}`));
      if (event.type === 'problem') failure.reject(new Error(`${site.hostname}: ${event.problem}`));
      if (event.type === 'call' && site === SITE_A) call.resolve(event.record);
    },
    onTrace: (event) => {
      trace.push(event);
      if (event.layer === 'frame') capture.record(LINK, event); // packets are in them
      progress.see(event);
    },
    onArrival: arrival.resolve,
  });
  try {
    const crossed = (async (): Promise<Crossing> => {
      await submit({ port: stage.submissionPort, from: FROM, to: TO, message, clock });
      const [arrived, record] = await Promise.all([arrival.promise, call.promise]);
      return { message, arrived, record, trace };
    })();
    return await Promise.race([crossed, failure.promise]);
  } finally {
    progress.done();
    stopWaiting();
    await stage.close();
    await capture.close();
  }
}

function patience(octets: number, lineSpeed: number | undefined): number {
  if (lineSpeed === undefined) return PATIENCE_MS;
  const BITS_PER_OCTET = 10;
  return PATIENCE_MS + (2 * octets * BITS_PER_OCTET * 1000) / lineSpeed;
}

function describeEvent(site: Site, event: GatewayEvent): string | undefined {
  switch (event.type) {
    case 'listening':
      return `${site.hostname} takes SMTP on ${event.address}, its number is ${site.nua}`;
    case 'received': {
      const { id, size, source } = event.message;
      return `${site.hostname} has ${size} octets from ${source} in its spool (${id})`;
    }
    case 'settled': {
      const { outcome, destination, recipient, reason } = event.recipient;
      return `${site.hostname}: <${recipient}> ${outcome} to ${destination}${reason && `: ${reason}`}`;
    }
    case 'line':
    case 'call':
    case 'bridged':
    case 'attention':
    case 'budget':
    case 'refused':
    case 'turnedAway':
    case 'misdeed':
    case 'connectionRefused':
    case 'callerRefused':
    case 'modem':
    case 'fatal':
    case 'problem':
      return undefined;
  }
}

function introduction(lineSpeed: number | undefined): string {
  const speed = lineSpeed === undefined ? 'as fast as the machine' : `${lineSpeed} bit/s`;
  return [
    'A message from site A to site B:',
    '',
    '  SMTP/TCP -> gw-a.example [spool] -> X.25 -> (network) -> X.25 -> gw-b.example [spool] -> SMTP/TCP -> mailbox',
    '',
    `Both access lines: start/stop HDLC, LAPB, X.25 packet layer; ${speed}.`,
    '',
  ].join('\n');
}

/** What arrived is what was sent, below the Received fields that the two gateways put on top of it (RFC 5321 §4.4). */
function isDelivered({ arrived, message }: Crossing): boolean {
  const added = arrived.length - message.length;
  const trace = Buffer.from(arrived.subarray(0, Math.max(added, 0))).toString('latin1');
  return (
    added > 0 &&
    /^(Received: [^\r\n]+\r\n(?:[ \t][^\r\n]+\r\n)*){2}$/.test(trace) &&
    isEqual(arrived.subarray(added), message)
  );
}

function explain(
  { capture }: DemoOptions,
  crossing: Crossing,
  isIdentical: boolean,
  say: (text: string) => void,
): void {
  const { message, record, trace } = crossing;
  say('\nThe call, as seen on the line of site A (seconds; SMTP indented):\n');
  for (const { events } of callsOf(trace))
    for (const line of ladder(LINK, events, { us: 'site A', peer: 'network', text: true })) say(line);
  say(`\nCall record:\n  ${callRecordLine(record)}`);
  say(`\nCapture: ${resolve(capture)} (open it with Wireshark)\n`);
  say(
    isIdentical
      ? `delivered, identical: ${message.length} octets, SHA-256 ${sha256(message)}`
      : 'delivered, but NOT identical',
  );
}

function facts({ capture }: DemoOptions, crossing: Crossing, isIdentical: boolean): Record<string, unknown> {
  return {
    delivered: true,
    identical: isIdentical,
    octets: crossing.message.length,
    sha256: sha256(crossing.message),
    call: crossing.record,
    capture: resolve(capture),
  };
}

function sha256(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}
