import { type ControlOptions, withGateway } from './control.js';
import { DONE } from './exit-status.js';
import { toJson } from './json.js';
import type { ReloadResult } from './reloader.js';

export interface ReloadOptions extends ControlOptions {
  readonly json?: true;
}

export interface ReloadOutput {
  readonly write: (text: string) => void;
  readonly complain: (line: string) => void;
}

const WRONG_CONFIGURATION = 2;

/** `x25mail reload`: a running gateway reads its configuration again. @returns the exit status. */
export function runReload(options: ReloadOptions, { write, complain }: ReloadOutput): Promise<number> {
  return withGateway(options, async (client) => {
    const result = (await client.ask('reload')) as ReloadResult;
    if (options.json === true) write(`${toJson(result)}\n`);
    else if (result.ok) {
      for (const warning of result.warnings) complain(warning);
      write('The configuration counts from now on\n');
      for (const what of result.needsRestart) write(`Needs a restart: ${what}\n`);
    } else {
      for (const problem of result.problems) complain(problem);
      complain('refused: the old configuration goes on');
    }
    return result.ok ? DONE : WRONG_CONFIGURATION;
  });
}
