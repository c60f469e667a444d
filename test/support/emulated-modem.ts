import { fromAscii, type VirtualClock } from '../../src/core/index.js';
import type { ModemLine } from '../../src/modem/index.js';
import type { CallProgress, Telephone, TelephoneNetwork } from './telephone-network.js';

export interface EmulatedModemOptions {
  readonly clock: VirtualClock;
  readonly network: TelephoneNetwork;
  readonly number: string;
  /** Of the telephone line. Default 9600. */
  readonly bitsPerSecond?: number;
  /** How much it takes before the telephone line has it. Default 0: the line sets the pace. */
  readonly bufferOctets?: number;
  /** Whether DTR and DCD are wired. Default true. */
  readonly hasControl?: boolean;
  /** What stands behind CONNECT. Default: a blank and the speed. */
  readonly connectSuffix?: string;
  /** Comes right before the line of CONNECT. */
  readonly noise?: Uint8Array;
  /** As it was left by whoever used it before. */
  readonly stored?: Partial<ModemRegisters>;
}

interface ModemRegisters {
  /** E1 */
  echo: boolean;
  /** V1 */
  verbose: boolean;
  /** &C1: DCD follows the carrier, else it is always on. */
  dcdFollows: boolean;
  /** &D2: DTR off hangs up. */
  dtrHangsUp: boolean;
  /** S0 */
  autoAnswer: number;
  /** S7, seconds. */
  carrierWait: number;
  /** S12, fiftieths of a second. */
  guard: number;
}

/** Factory settings of early modems: the least helpful ones. */
const FACTORY: ModemRegisters = {
  echo: true,
  verbose: true,
  dcdFollows: false,
  dtrHangsUp: false,
  autoAnswer: 0,
  carrierWait: 50,
  guard: 50,
};

/** Whoever holds the other end of the cable. */
export interface Terminal {
  received(octets: Uint8Array): void;
  writable(): void;
}

const NUMERIC: Readonly<Record<string, number>> = {
  OK: 0,
  CONNECT: 1,
  RING: 2,
  'NO CARRIER': 3,
  ERROR: 4,
  'NO DIALTONE': 6,
  BUSY: 7,
  'NO ANSWER': 8,
};

const ANSWER_MS = 30;
const DIGIT_MS = 100;
const COMMA_MS = 2000;
const CR = 0x0d;
const PLUS = 0x2b;

/**
 * A modem with AT commands on a telephone line, in virtual time. It is strict where modems are: any octet ends
 * dialling, the escape sequence needs its silence on both sides, a command it does not know is an ERROR.
 */
export class EmulatedModem implements Telephone {
  readonly number: string;
  readonly line: ModemLine;
  /** Command lines, and results with `>` in front, in the order in which they passed. */
  readonly dialogue: string[] = [];
  /** Off: it hears and says nothing. */
  isOn = true;
  hasDialtone = true;
  readonly #options: EmulatedModemOptions;
  readonly #clock: VirtualClock;
  readonly #network: TelephoneNetwork;
  #terminal: Terminal | undefined;
  #registers: ModemRegisters;
  #state: 'command' | 'dialling' | 'training' | 'data' | 'onlineCommand' = 'command';
  #isRinging = false;
  #rings = 0;
  #line = '';
  #dcd: boolean | undefined;
  #whenCarrier: (on: boolean) => void = () => {};
  /** Ends what is under way for a call that is over. */
  #attempt = 0;
  /** When the last octet came from the terminal, and how many of the sequence were seen. */
  #lastOctetAt = Number.NEGATIVE_INFINITY;
  #pluses = 0;
  #idleAt = 0;
  #speed: number;

  constructor(options: EmulatedModemOptions) {
    this.number = options.number;
    this.#options = options;
    this.#clock = options.clock;
    this.#network = options.network;
    this.#registers = { ...FACTORY, ...options.stored };
    this.#speed = options.bitsPerSecond ?? 9600;
    this.line = {
      write: (octets) => this.#write(octets),
      ...(options.hasControl !== false && {
        control: {
          setDtr: (on: boolean) => this.#setDtr(on),
          onCarrier: (handler: (on: boolean) => void) => {
            this.#whenCarrier = handler;
          },
        },
      }),
    };
    this.#network.attach(this);
  }

  get isOffHook(): boolean {
    return this.#state !== 'command';
  }

  get state(): string {
    return this.#state;
  }

  connect(terminal: Terminal): void {
    this.#terminal = terminal;
  }

  /** Says something that nobody asked for. */
  say(octets: Uint8Array): void {
    if (this.isOn) this.#clock.wake(this.#clock.now() + 1, () => this.#terminal?.received(octets));
  }

  // ---- the telephone line

  ring(): void {
    this.#isRinging = true;
    this.#rings++;
    this.#result('RING');
    const { autoAnswer } = this.#registers;
    if (autoAnswer > 0 && this.#rings >= autoAnswer) this.#answer();
  }

  ringingStopped(): void {
    this.#isRinging = false;
    this.#rings = 0;
  }

  carrier(peer: Telephone): void {
    this.#attempt++;
    this.#state = 'data';
    this.#idleAt = this.#clock.now();
    this.#speed = Math.min(this.#ownSpeed, peer instanceof EmulatedModem ? peer.#ownSpeed : this.#ownSpeed);
    if (this.#options.noise !== undefined) this.say(this.#options.noise);
    this.#result('CONNECT', this.#options.connectSuffix ?? ` ${this.#speed}`);
    this.#clock.wake(this.#clock.now() + 5, () => this.#setDcd());
  }

  carrierLost(): void {
    if (this.#state === 'command') return;
    this.#onHook();
    this.#result('NO CARRIER');
  }

  data(octets: Uint8Array): void {
    if (this.#state === 'data') this.#terminal?.received(octets);
  }

  get #ownSpeed(): number {
    return this.#options.bitsPerSecond ?? 9600;
  }

  // ---- the terminal's side

  #write(octets: Uint8Array): boolean {
    if (!this.isOn) return true;
    if (this.#state === 'data') return this.#pass(octets);
    for (const octet of octets) this.#command(octet);
    return true;
  }

  /** Octets for the other end, which the telephone line takes at its speed. */
  #pass(octets: Uint8Array): boolean {
    const now = this.#clock.now();
    for (const octet of octets) this.#watchForEscape(octet, now);
    this.#idleAt = Math.max(now, this.#idleAt) + (octets.length * 10_000) / this.#speed;
    this.#network.send(this, octets.slice(), this.#idleAt);
    const bufferMs = ((this.#options.bufferOctets ?? 0) * 10_000) / this.#speed;
    if (this.#idleAt - now < bufferMs) return true;
    this.#clock.wake(this.#idleAt - bufferMs, () => this.#terminal?.writable());
    return false;
  }

  #watchForEscape(octet: number, now: number): void {
    const guardMs = this.#registers.guard * 20;
    const isFirst = this.#pluses === 0 && now - this.#lastOctetAt >= guardMs;
    this.#pluses = octet === PLUS && (isFirst || this.#pluses > 0) ? this.#pluses + 1 : 0;
    this.#lastOctetAt = now;
    if (this.#pluses !== 3) return;
    this.#clock.wake(now + guardMs, () => {
      if (this.#pluses !== 3 || this.#lastOctetAt !== now || this.#state !== 'data') return;
      this.#pluses = 0;
      this.#state = 'onlineCommand';
      this.#result('OK');
    });
  }

  #command(octet: number): void {
    if (this.#state === 'dialling' || this.#state === 'training') {
      this.#onHook();
      this.#result('NO CARRIER');
      return;
    }
    if (this.#registers.echo) this.say(Uint8Array.of(octet));
    if (octet !== CR) {
      this.#line += String.fromCharCode(octet);
      return;
    }
    const line = this.#line;
    this.#line = '';
    const at = line.toUpperCase().indexOf('AT');
    if (at < 0) return; // what does not begin with AT is for somebody else
    this.dialogue.push(line);
    this.#clock.wake(this.#clock.now() + ANSWER_MS, () => this.#obey(line.slice(at + 2).replaceAll(' ', '')));
  }

  #obey(commands: string): void {
    const [, dial] = /^D(.*)$/i.exec(commands) ?? [];
    if (dial !== undefined) this.#dial(dial);
    else if (/^A$/i.test(commands)) this.#answer();
    else this.#result(this.#setAll(commands.toUpperCase()) ? 'OK' : 'ERROR');
  }

  #setAll(commands: string): boolean {
    for (let rest = commands; rest !== ''; ) {
      const [found = '', name = '', value = ''] = /^(S\d+=|[&\\]?[A-Z])(\d*)/.exec(rest) ?? [];
      if (found === '' || !this.#set(name, Number(value))) return false;
      rest = rest.slice(found.length);
    }
    return true;
  }

  /** @returns false when it knows no such command. */
  #set(name: string, value: number): boolean {
    const registers = this.#registers;
    const settings: Readonly<Record<string, () => void>> = {
      E: () => {
        registers.echo = value === 1;
      },
      V: () => {
        registers.verbose = value === 1;
      },
      '&C': () => {
        registers.dcdFollows = value === 1;
        this.#setDcd();
      },
      '&D': () => {
        registers.dtrHangsUp = value === 2;
      },
      'S0=': () => {
        registers.autoAnswer = value;
      },
      'S7=': () => {
        registers.carrierWait = value;
      },
      'S12=': () => {
        registers.guard = value;
      },
      Z: () => this.#reset({ ...FACTORY, ...this.#options.stored }),
      '&F': () => this.#reset(FACTORY),
      H: () => this.#onHook(),
      Q: () => {},
      X: () => {},
      M: () => {},
      '&K': () => {},
    };
    const set = settings[name];
    set?.();
    return set !== undefined;
  }

  #reset(registers: ModemRegisters): void {
    this.#onHook();
    this.#registers = { ...registers };
    this.#setDcd();
  }

  #dial(text: string): void {
    if (!this.hasDialtone || this.#isRinging) {
      // A ringing line that is seized is a call answered by nobody.
      this.#state = 'dialling';
      this.#later(2000, () => this.#fail('NO DIALTONE'));
      return;
    }
    this.#state = 'dialling';
    const digits = text.replace(/\D/g, '');
    const commas = text.replace(/[^,]/g, '').length;
    this.#later(digits.length * DIGIT_MS + commas * COMMA_MS, () => {
      const attempt = this.#attempt;
      this.#later(this.#registers.carrierWait * 1000, () => this.#fail('NO CARRIER'));
      const progress: CallProgress = {
        busy: () => this.#laterIn(attempt, 2000, () => this.#fail('BUSY')),
        unobtainable: () => this.#laterIn(attempt, 10_000, () => this.#fail('NO CARRIER')),
      };
      this.#network.dial(this, digits, progress);
    });
  }

  /** Also where nobody is calling: then nothing is heard. */
  #answer(): void {
    this.#state = 'training';
    if (this.#network.answer(this)) this.ringingStopped();
    this.#later(this.#registers.carrierWait * 1000, () => this.#fail('NO CARRIER'));
  }

  #later(ms: number, act: () => void): void {
    this.#laterIn(this.#attempt, ms, act);
  }

  #laterIn(attempt: number, ms: number, act: () => void): void {
    this.#clock.wake(this.#clock.now() + ms, () => {
      if (this.#attempt === attempt) act();
    });
  }

  #fail(result: string): void {
    this.#onHook();
    this.#result(result);
  }

  #onHook(): void {
    this.#attempt++;
    const wasOffHook = this.#state !== 'command';
    this.#state = 'command';
    this.#pluses = 0;
    if (wasOffHook) this.#network.hangUp(this);
    this.#setDcd();
  }

  #setDtr(on: boolean): void {
    if (on || !this.#registers.dtrHangsUp || this.#state === 'command' || !this.isOn) return;
    this.#onHook();
    this.#result('OK');
  }

  #setDcd(): void {
    const on = !this.#registers.dcdFollows || this.#state === 'data' || this.#state === 'onlineCommand';
    if (on === this.#dcd) return;
    this.#dcd = on;
    this.#whenCarrier(on);
  }

  #result(text: string, suffix = ''): void {
    this.dialogue.push(`> ${text}${suffix}`);
    this.say(fromAscii(this.#registers.verbose ? `\r\n${text}${suffix}\r\n` : `${NUMERIC[text]}\r`));
  }
}
