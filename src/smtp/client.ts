import type { ClientAction, ClientInput, ClientOptions } from './session.js';

/** The sending half of a session (RFC 5321 §3.3). */
export class ClientSession {
  readonly options: ClientOptions;

  constructor(options: ClientOptions) {
    this.options = options;
  }

  handle(_input: ClientInput, _now: number): readonly ClientAction[] {
    throw new Error('not built yet');
  }

  nextDeadline(): number | undefined {
    return undefined;
  }

  handleTimeout(_now: number): readonly ClientAction[] {
    return [];
  }
}
