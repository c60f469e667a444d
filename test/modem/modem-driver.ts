import { fromAscii, toHex } from '../../src/core/index.js';
import { Modem } from '../../src/modem/modem.js';
import { DEFAULT_MODEM_TIMES, type ModemSettings } from '../../src/modem/settings.js';

/** No pauses between commands, so that a script need not wait. */
export const SETTINGS: ModemSettings = {
  init: ['ATZ', 'ATE0V1'],
  dialCommand: 'ATDT',
  answerCommand: 'ATA',
  hangUpCommand: 'ATH',
  escapeSequence: '+++',
  hangUpBy: 'escape',
  answerAfterRings: 0,
  aliases: {},
  initTries: 3,
  times: { ...DEFAULT_MODEM_TIMES, settleMs: 0, gapMs: 0 },
};

/**
 * Plays a script with a modem. Lines that are inputs: `start`, `close`, `dial N`, `hangUp`, `carrier on` or `off`,
 * `writable`, `wait N` (milliseconds), `M: text` (the modem says a line), `m: "..."` (octets, as a JSON string), `send N` (octets
 * for the other end). All other lines are what is expected to happen: `C: command`, `DTR on`, `told ...`, `data ...`.
 */
export class ModemDriver {
  readonly modem: Modem;
  readonly happened: string[] = [];
  /** All octets of the other end. */
  readonly data: number[] = [];
  now = 0;
  /** What the line answers to a write. */
  lineTakes = true;

  constructor(settings: Partial<ModemSettings> = {}) {
    this.modem = new Modem(
      { ...SETTINGS, ...settings },
      {
        write: (octets) => {
          this.happened.push(`C: ${printable(octets)}`.trim());
          return this.lineTakes;
        },
        setDtr: (on) => this.happened.push(`DTR ${on ? 'on' : 'off'}`),
        event: (event) => this.happened.push(`told ${Object.values(event).map(words).join(' ')}`),
        data: (octets) => {
          this.data.push(...octets);
          this.happened.push(`data ${printable(octets)}`);
        },
        writable: () => this.happened.push('writable'),
      },
    );
  }

  /** @returns the script as it was really played. */
  play(script: string): string[] {
    for (const line of linesOf(script)) {
      const input = this.#inputOf(line);
      if (input === undefined) continue;
      this.happened.push(line);
      input();
      this.#run(this.now);
    }
    return this.happened.splice(0);
  }

  hears(octets: Uint8Array): void {
    this.modem.received(octets, this.now);
    this.#run(this.now);
  }

  wait(ms: number): void {
    this.#run(this.now + ms);
  }

  #inputOf(line: string): (() => void) | undefined {
    const [word = '', rest = ''] = line.split(/ (.*)/s);
    const inputs: Readonly<Record<string, () => void>> = {
      start: () => this.modem.start(this.now),
      close: () => this.modem.close(this.now),
      dial: () => this.modem.dial(rest, this.now),
      hangUp: () => this.modem.hangUp(this.now),
      carrier: () => this.modem.carrier(rest === 'on', this.now),
      writable: () => this.modem.writable(this.now),
      wait: () => this.wait(Number(rest)),
      'M:': () => this.hears(fromAscii(`\r\n${rest}\r\n`)),
      'm:': () => this.hears(Buffer.from(JSON.parse(rest) as string, 'latin1')),
      send: () => {
        if (!this.modem.write(fromAscii(rest))) this.happened.push('held');
      },
    };
    return inputs[word];
  }

  #run(until: number): void {
    for (
      let at = this.modem.nextDeadline();
      at !== undefined && at <= until;
      at = this.modem.nextDeadline()
    ) {
      this.now = Math.max(this.now, at);
      this.modem.handleTimeout(this.now);
    }
    this.now = until;
  }
}

export function linesOf(script: string): string[] {
  return script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function printable(octets: Uint8Array): string {
  const text = String.fromCharCode(...octets).replace(/\r$/, '');
  return /^[\x20-\x7d]*$/.test(text) ? text : toHex(octets);
}

function words(value: unknown): string {
  return typeof value === 'object' && value !== null ? Object.values(value).join(' ') : String(value);
}
