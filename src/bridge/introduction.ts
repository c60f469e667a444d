import { Alarm, type Clock, concat, fromAscii, HandedOverStream, type OctetStream } from '../core/index.js';

import {
  headerOf,
  type Introducing,
  type IntroductionFailure,
  type IntroductionState,
  stepIntroduction,
} from './introduction-dialogue.js';
import { ReplySplitter, type WireReply } from './reply-splitter.js';

export interface IntroductionOptions extends Introducing {
  /** An open connection to the MTA; nothing has been read from it. */
  readonly stream: OctetStream;
  readonly clock: Clock;
  /** For the whole introduction, milliseconds. */
  readonly timeoutMs: number;
}

export type Introduced =
  /** The connection as the caller is to find it: the first that it says is its greeting. */
  | { readonly ok: true; readonly stream: OctetStream }
  /** The connection is ended. */
  | { readonly ok: false; readonly why: IntroductionFailure; readonly reason: string };

/**
 * Tells the MTA who calls, before the call is accepted: an accepted call is charged, and an MTA that is down or refuses
 * this caller should cost nobody anything. Never rejects. To give up early, abort the stream.
 */
export function introduce(options: IntroductionOptions): Promise<Introduced> {
  return new Promise((resolve) => new Introducer(options, resolve).start());
}

class Introducer {
  readonly #options: IntroductionOptions;
  readonly #resolve: (result: Introduced) => void;
  readonly #alarm: Alarm;
  readonly #replies = new ReplySplitter();
  readonly #handedOver: HandedOverStream;
  #state: IntroductionState | 'over' = 'greeting';
  /** Octets of a reply that is not complete, as they came: they may be those of the caller's greeting. */
  #begun: Uint8Array[] = [];

  constructor(options: IntroductionOptions, resolve: (result: Introduced) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#handedOver = new HandedOverStream(options.stream, options.clock);
    this.#alarm = new Alarm(options.clock, () => {
      const seconds = options.timeoutMs / 1000;
      this.#fail('timeout', `the mail server was not ready within ${seconds} s`, 'abort');
    });
  }

  start(): void {
    const { stream, clock, timeoutMs } = this.#options;
    this.#alarm.set(clock.now() + timeoutMs);
    stream.setReceiver({
      octets: (octets) => this.#received(octets),
      ready: () => this.#handedOver.ready(),
      ended: (end) => {
        this.#fail('gone', `the mail server has ended the connection: ${end.reason}`, 'leave');
        this.#handedOver.ended(end);
      },
    });
    const header = headerOf(this.#options);
    if (header !== undefined) stream.write(header, true);
  }

  #received(octets: Uint8Array): void {
    let rest = octets;
    while (rest.length > 0 && this.#state !== 'over') {
      const { used, reply } = this.#replies.take(rest);
      this.#begun.push(rest.subarray(0, used));
      rest = rest.subarray(used);
      if (reply?.ok === true) this.#reply(this.#state, reply.value);
      else if (reply !== undefined) this.#fail('notSmtp', 'the mail server does not speak SMTP', 'abort');
    }
    if (rest.length > 0) this.#handedOver.octets(rest);
  }

  #reply(state: IntroductionState, reply: WireReply): void {
    const { stream } = this.#options;
    const octets = concat(this.#begun);
    this.#begun = [];
    const step = stepIntroduction(state, reply, this.#options);
    switch (step.do) {
      case 'say':
        stream.consumed(octets.length);
        this.#state = step.next;
        stream.write(fromAscii(`${step.line}\r\n`), true);
        return;
      case 'handOver':
        this.#end();
        this.#handedOver.octets(octets);
        this.#resolve({ ok: true, stream: this.#handedOver });
        return;
      case 'fail':
        stream.consumed(octets.length);
        this.#fail(step.why, step.reason, 'quit');
    }
  }

  #fail(why: IntroductionFailure, reason: string, how: 'quit' | 'abort' | 'leave'): void {
    if (this.#state === 'over') return;
    this.#end();
    const { stream } = this.#options;
    if (how === 'quit') {
      stream.write(fromAscii('QUIT\r\n'), true);
      stream.close();
    } else if (how === 'abort') stream.abort('protocolError');
    this.#resolve({ ok: false, why, reason });
  }

  #end(): void {
    this.#state = 'over';
    this.#alarm.set(undefined);
  }
}
