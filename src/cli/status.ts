import type { GatewayStatus } from '../console/index.js';
import { type ControlOptions, withGateway } from './control.js';
import { describeCircuits, describeStatus } from './describe-status.js';
import { toJson } from './json.js';

export interface StatusOptions extends ControlOptions {
  readonly json: boolean;
}

/**
 * `x25mail status` and `x25mail circuits`: what a running gateway is doing.
 *
 * @param write takes text as it goes out, line ends included.
 * @returns the exit status.
 */
export function runStatus(
  what: 'status' | 'circuits',
  options: StatusOptions,
  write: (text: string) => void,
): Promise<number> {
  return withGateway(options, async (client) => {
    const status = (await client.ask('status')) as GatewayStatus;
    if (options.json) write(`${toJson(what === 'status' ? status : status.circuits)}\n`);
    else write(what === 'status' ? describeStatus(status) : describeCircuits(status.circuits));
    return 0;
  });
}
