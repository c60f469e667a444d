import type { Hello, ServerAction, ServerInput, ServerOptions } from './session.js';

/** The receiving half of a session (RFC 5321 §4.1). */
export class ServerSession {
  readonly options: ServerOptions;

  constructor(options: ServerOptions) {
    this.options = options;
  }

  get hello(): Hello | undefined {
    return undefined;
  }

  handle(_input: ServerInput, _now: number): readonly ServerAction[] {
    throw new Error('not built yet');
  }

  nextDeadline(): number | undefined {
    return undefined;
  }

  handleTimeout(_now: number): readonly ServerAction[] {
    return [];
  }
}
