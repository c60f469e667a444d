import { type FollowerOptions, otherSide, type Room, type Side } from '../../src/bridge/dialogue.js';
import { SmtpFollower } from '../../src/bridge/follower.js';
import { octets, text } from '../support/smtp-drivers.js';
import { transcript } from '../support/transcript.js';

export const ROOM: Room = { circuit: true, tcp: true };

export const FOLLOWER_OPTIONS: FollowerOptions = {
  client: 'circuit',
  bareLineEnd: { tcp: 'refuse', circuit: 'crlf' },
  startTls: 'pass',
};

/** How a piece is cut before it is given. */
export type Cut = (piece: string) => readonly string[];

export const uncut: Cut = (piece) => [piece];
export const octetByOctet: Cut = (piece) => piece.split('');

/**
 * Two ends that a follower stands between. What happens is written down line by line:
 *
 *   C: text   the client says         > text   it passes to the server
 *   S: text   the server says         < text   it passes to the client
 *   * event   told to the circuit     ! what   cut, finish
 */
export class FollowerPlayer {
  readonly follower: SmtpFollower;
  readonly log: string[] = [];
  /** What has passed, whole. */
  readonly passed = { server: '', client: '' };
  readonly events: string[] = [];
  /** What went to the server, piece by piece, and whether it ended a sequence. */
  readonly pieces: Array<{ readonly octets: string; readonly ended: boolean }> = [];
  accepted = 0;
  consumed: Record<Side, number> = { circuit: 0, tcp: 0 };
  room: Record<Side, boolean> = { ...ROOM };
  /** At the beginning; after ATRN `C:` and `<` still mean this side. */
  readonly #client: Side;
  readonly #cut: Cut;
  readonly #lineEnd: Record<'C' | 'S', string>;
  readonly #unfinished = { '>': '', '<': '' };

  constructor(
    options: Partial<FollowerOptions> = {},
    cut: Cut = uncut,
    lineEnds: Partial<Record<'C' | 'S', string>> = {},
  ) {
    this.follower = new SmtpFollower({ ...FOLLOWER_OPTIONS, ...options });
    this.#client = this.follower.client;
    this.#cut = cut;
    this.#lineEnd = { C: '\r\n', S: '\r\n', ...lineEnds };
  }

  /** Plays the `C:` and `S:` lines; those of one side that follow each other are given as one piece. */
  play(script: string): this {
    let speaker: 'C' | 'S' | undefined;
    let batch: string[] = [];
    const speak = (): void => {
      if (speaker !== undefined)
        this.say(speaker, batch.map((line) => `${line}${this.#lineEnd[speaker ?? 'C']}`).join(''));
      batch = [];
    };
    for (const line of transcript(script)) {
      const [, who, what = ''] = /^([CS]): ?(.*)$/.exec(line) ?? [];
      if (who !== speaker || who === undefined) speak();
      speaker = who === 'C' || who === 'S' ? who : undefined;
      if (speaker !== undefined) batch.push(what);
    }
    speak();
    return this;
  }

  client(piece: string): this {
    return this.say('C', piece);
  }

  server(piece: string): this {
    return this.say('S', piece);
  }

  say(who: 'C' | 'S', piece: string): this {
    for (const line of piece.split(/(?<=\n)/)) this.log.push(`${who}: ${line.trim()}`.trim());
    const side = who === 'C' ? this.#client : otherSide(this.#client);
    for (const part of this.#cut(piece)) {
      this.follower.receive(side, octets(part));
      this.run();
    }
    return this;
  }

  run(): void {
    for (
      let action = this.follower.next(this.room);
      action !== undefined;
      action = this.follower.next(this.room)
    )
      switch (action.do) {
        case 'pass':
          this.#pass(action.to === this.#client ? '<' : '>', text(action.octets), action.endOfSequence);
          break;
        case 'consumed':
          this.consumed[action.from] += action.octets;
          break;
        case 'dialogue':
          this.#note(`* ${action.event}`);
          this.events.push(action.event);
          break;
        case 'accepted':
          this.#note('* accepted');
          this.accepted++;
          break;
        case 'cut':
          this.#note(`! cut ${action.why}`);
          break;
        case 'finish':
          this.#note(`! finish${action.inOrder ? ' in order' : ''}: ${action.reason}`);
      }
  }

  #pass(mark: '<' | '>', piece: string, ended: boolean): void {
    if (mark === '>') {
      this.passed.server += piece;
      this.pieces.push({ octets: piece, ended });
    } else this.passed.client += piece;
    const lines = `${this.#unfinished[mark]}${piece}`.split('\r\n');
    this.#unfinished[mark] = lines.pop() ?? '';
    for (const line of lines) this.#note(`${mark} ${line}`.trim());
  }

  #note(what: string): void {
    this.log.push(what);
  }
}

/** What came of it, in a form that must not depend on how the octets were cut. */
export function outcomeOf(player: FollowerPlayer): object {
  const { passed, events, accepted, follower } = player;
  return { passed, events, accepted, counts: follower.counters.snapshot(), isOver: follower.isOver };
}
