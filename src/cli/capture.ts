import type { CapturedEvent, CaptureLayers, ControlClient, GatewayStatus } from '../console/index.js';
import { describeError, GatewayError } from '../core/index.js';
import { count } from '../observe/index.js';
import { CaptureOutput } from './capture-output.js';
import { type ControlOptions, withGateway } from './control.js';

export interface CaptureOptions extends ControlOptions {
  /** Names; none: all. */
  readonly link?: readonly string[];
  readonly layer: CaptureLayers;
  readonly seconds?: number;
  /** So many packets at most. */
  readonly count?: number;
}

/** What ends a capture. */
type End = 'enough' | 'readerGone' | Error;

/**
 * `x25mail capture FILE`: writes what passes the links of a running gateway until it is told to stop.
 *
 * @param say takes lines for people; the capture itself may go to standard output.
 * @returns the exit status.
 */
export function runCapture(
  path: string,
  options: CaptureOptions,
  application: string,
  say: (line: string) => void,
): Promise<number> {
  return withGateway(options, async (client) => {
    await checkLinks(client, options.link ?? []); // before a file that is there is replaced
    const output = await CaptureOutput.open(path, application);
    const { end, lost } = await record(client, output, options, () =>
      say(`capturing${path === '-' ? '' : ` to ${path}`}, until Ctrl-C`),
    );
    await output.close();
    const written = `${count(output.packets, 'packet')} written${path === '-' ? '' : ` to ${path}`}`;
    say(
      `${written}, ${lost === 0 ? 'none' : lost} lost${lost === 0 ? '' : ': they came faster than they could be written'}`,
    );
    if (!(end instanceof Error)) return 0;
    say(`x25mail: ${describeError(end)}`);
    return 1;
  });
}

async function checkLinks(client: ControlClient, wanted: readonly string[]): Promise<void> {
  const { links } = (await client.ask('status')) as GatewayStatus;
  const names = links.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const message = `found link "${unknown}"; allowed: ${names.join(', ')}`;
  throw new GatewayError('unknownLink', message, { temporary: false });
}

async function record(
  client: ControlClient,
  output: CaptureOutput,
  { link: links = [], layer: layers, seconds, count: most }: CaptureOptions,
  begun: () => void,
): Promise<{ readonly end: End; readonly lost: number }> {
  let lost = 0;
  let finish: (end: End) => void = () => {};
  const ended = new Promise<End>((resolve) => {
    finish = resolve;
  });
  output.onFailure((error) => finish(error ?? 'readerGone'));
  const stream = client.stream(
    'capture',
    { links, layers },
    {
      lost: (events) => {
        lost = events;
      },
      event: (told) => {
        if (most !== undefined && output.packets >= most) return;
        const { link, circuit, octets, ...rest } = told as CapturedEvent;
        const goesOn = output.record(link, { ...rest, octets: Buffer.from(octets, 'base64') }, circuit);
        if (!goesOn) holdBack(client, output);
        if (output.packets === most) finish('enough');
      },
    },
  );
  stream.answer.then(
    (answer) => {
      lost = (answer as { readonly lost: number }).lost;
      finish('enough');
    },
    (error: Error) => finish(error),
  );
  // Requests are taken in turn: when this one is answered, nothing that passes is missed any more.
  void client.ask('status').then(begun, () => {});
  const stopWaiting = whenTold(seconds, () => finish('enough'));
  const end = await ended;
  stopWaiting();
  if (end === 'enough') {
    stream.cancel(); // what is on its way still comes, and then the answer
    client.resume();
    await stream.answer.catch(() => {});
  }
  return { end, lost };
}

/** Reads no more while the file, or whoever reads the capture, can take no more: the gateway then leaves events out. */
function holdBack(client: ControlClient, output: CaptureOutput): void {
  client.pause();
  void output.drained().then(
    () => client.resume(),
    () => {}, // told as a failure already
  );
}

/** Calls back at the first SIGINT or SIGTERM, or when the time is over. @returns what takes that back. */
function whenTold(seconds: number | undefined, callback: () => void): () => void {
  const timer = seconds === undefined ? undefined : setTimeout(callback, seconds * 1000);
  process.once('SIGINT', callback);
  process.once('SIGTERM', callback);
  return () => {
    clearTimeout(timer);
    process.off('SIGINT', callback);
    process.off('SIGTERM', callback);
  };
}
