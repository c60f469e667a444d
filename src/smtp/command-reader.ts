import type { Decoded } from '../core/index.js';
import type { Answer, Exchange } from './answer.js';
import { parseCommandLine } from './commands.js';
import type { LineFault } from './line.js';
import {
  argumentRefusal,
  LINE_REFUSALS,
  LOGIN_NEEDED,
  NO_COMMAND,
  NO_LOGIN,
  NOT_IMPLEMENTED,
  OUT_OF_ORDER,
  TLS_NEEDED,
  TOO_MANY_ERRORS,
  TOO_MANY_IDLE_COMMANDS,
  UNKNOWN_COMMAND,
} from './refusals.js';
import type { EnhancedReply } from './reply.js';
import { COMMANDS, type Command, KNOWN_VERBS, MAX_COMMAND_LINE } from './server-commands.js';
import type { ServerState } from './server-state.js';

const DEFAULT_MAX_UNKNOWN_COMMANDS = 10;
const DEFAULT_MAX_IDLE_COMMANDS = 100;

/** Takes lines for commands: whether each is one, and may be given now, and not too often. */
export class CommandReader implements Exchange {
  readonly #state: ServerState;
  #unknown = 0;
  #idle = 0;

  constructor(state: ServerState) {
    this.#state = state;
  }

  /** Commands that bring no message forward are counted anew. */
  messageTaken(): void {
    this.#idle = 0;
  }

  line(line: Decoded<string, LineFault>): Answer {
    if (!line.ok) return { error: LINE_REFUSALS[line.fault] };
    const parsed = parseCommandLine(line.value);
    const command = parsed === undefined ? undefined : COMMANDS.get(parsed.verb);
    const longest = Math.max(command?.maxLine ?? 0, this.#state.options.maxCommandLine ?? MAX_COMMAND_LINE);
    if (line.value.length > longest) return { error: LINE_REFUSALS.tooLong };
    if (parsed === undefined) return this.#isUnknown(NO_COMMAND);
    if (command === undefined || command.offered?.(this.#state) === false)
      return this.#isUnknown(KNOWN_VERBS.has(parsed.verb) ? NOT_IMPLEMENTED : UNKNOWN_COMMAND);
    return this.#known(command, parsed.argument);
  }

  #known(command: Command, argument: string): Answer {
    const { moment, options } = this.#state;
    if (!command.during.includes(moment)) return { error: OUT_OF_ORDER[moment] };
    if (command.isIdle === true && ++this.#idle > (options.maxIdleCommands ?? DEFAULT_MAX_IDLE_COMMANDS))
      return { say: TOO_MANY_IDLE_COMMANDS, next: { end: 'errors' } };
    const refusal = this.#lacking(command);
    if (refusal !== undefined) return { error: refusal };
    const fits = command.argument === 'optional' || (command.argument === 'needed') === (argument !== '');
    return fits
      ? command.answer(this.#state, argument, command.syntax)
      : { error: argumentRefusal('syntax', command.syntax) };
  }

  #isUnknown(reply: EnhancedReply): Answer {
    const isOver =
      ++this.#unknown >= (this.#state.options.maxUnknownCommands ?? DEFAULT_MAX_UNKNOWN_COMMANDS);
    return isOver ? { say: TOO_MANY_ERRORS, next: { end: 'errors' } } : { error: reply };
  }

  #loginNeeded(): EnhancedReply {
    const { authAllowed, offers, tls } = this.#state;
    if (authAllowed) return LOGIN_NEEDED;
    return offers.startTls === true && tls === undefined ? TLS_NEEDED : NO_LOGIN;
  }

  /** What must come first, where this server insists on it. */
  #lacking({ needs }: Command): EnhancedReply | undefined {
    const { tls, identity, options } = this.#state;
    if (options.tlsRequired === true && tls === undefined && needs?.includes('tls')) return TLS_NEEDED;
    if (options.authRequired === true && identity === undefined && needs?.includes('login'))
      return this.#loginNeeded();
    return undefined;
  }
}
