import { VirtualClock } from '../../src/core/index.js';
import { PadCircuits, type PadCircuitsOptions } from '../../src/pad/index.js';
import { CallWatch, RecordedEnd } from '../circuit/recorder.js';

/** @returns what the PAD says to a command (without its CR), `\r\n` and all; undefined or '' for nothing. */
export type Script = (command: string) => string | undefined;

/** How long the PAD thinks, milliseconds. */
const THINKING_MS = 50;

/** A PAD that says what a test tells it to, and a gateway at its line. */
export class ScriptedPad {
  readonly clock = new VirtualClock();
  readonly pad: PadCircuits;
  readonly end: RecordedEnd;
  readonly watch = new CallWatch();
  /** What was said, in order: `T: STAT`, `P: FREE`, `T: <break>`. Empty lines of the PAD are left out. */
  readonly transcript: string[] = [];
  /** Octets of data that came while a call was open, by the word of the script. */
  readonly data: number[] = [];
  /** Set by a script: what comes from the terminal is data now. */
  isOpen = false;
  /** Cuts what the PAD says into the chunks that arrive. */
  cut: (text: string) => readonly string[] = (text) => [text];
  readonly #script: Script;
  #line = '';

  constructor(script: Script, options: Partial<PadCircuitsOptions> = {}) {
    this.#script = script;
    const control = {
      sendBreak: (): void => this.#controlled('<break>'),
      hangUp: (): void => this.#controlled('<DTR>'),
    };
    this.pad = new PadCircuits({
      name: 'scripted',
      clock: this.clock,
      clearing: 'break',
      control,
      write: (octets) => this.#written(octets),
      ...options,
    });
    this.end = new RecordedEnd(this.pad, this.watch);
    this.pad.start();
  }

  /** The PAD says something of its own accord. */
  say(text: string): void {
    for (const line of text.split(/[\r\n]+/)) if (line !== '') this.transcript.push(`P: ${line}`);
    for (const chunk of this.cut(text)) this.pad.received(Buffer.from(chunk, 'latin1'));
  }

  /** @returns what was said since the last time. */
  takeTranscript(): string[] {
    return this.transcript.splice(0);
  }

  #written(octets: Uint8Array): boolean {
    if (this.isOpen) this.data.push(...octets);
    else for (const octet of octets) this.#typed(octet);
    return true;
  }

  #typed(octet: number): void {
    if (octet === 0x10) this.#controlled('<DLE>');
    else if (octet !== 0x0d) this.#line += String.fromCharCode(octet);
    else this.#entered();
  }

  #entered(): void {
    const line = this.#line;
    this.#line = '';
    this.transcript.push(`T: ${line}`.trim());
    this.#answer(line);
  }

  #controlled(what: string): void {
    this.isOpen = false;
    this.transcript.push(`T: ${what}`);
    this.#answer(what);
  }

  #answer(line: string): void {
    const answer = this.#script(line);
    if (answer === undefined || answer === '') return;
    this.clock.wake(this.clock.now() + THINKING_MS, () => this.say(answer));
  }
}

/** A PAD that does as it is told, in the standard words; what `changes` knows it says instead. */
export function standardPad(changes: Readonly<Record<string, string | undefined>> = {}): Script {
  const values = new Map<string, string>();
  return (command) => {
    const [word = ''] = command.split(' ');
    if (word in changes) return changes[word];
    if (command in changes) return changes[command];
    if (word === 'STAT') return '\r\nFREE\r\n';
    if (word === 'CLR') return '\r\nCLR CONF\r\n';
    if (word === 'SET') {
      for (const pair of command.slice(4).split(',')) values.set(...(pair.split(':') as [string, string]));
      return '\r\n';
    }
    if (word === 'PAR?') {
      const pairs = command
        .slice(5)
        .split(',')
        .map((reference) => `${reference}:${values.get(reference) ?? 'INV'}`);
      return `\r\nPAR ${pairs.join(', ')}\r\n`;
    }
    return undefined;
  };
}
