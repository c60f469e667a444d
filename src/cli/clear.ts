import { type ControlOptions, withGateway } from './control.js';

/**
 * `x25mail clear ID`: clears a circuit of a running gateway.
 *
 * @returns the exit status.
 * @throws GatewayError when there is no such circuit, or no gateway.
 */
export function runClear(
  circuit: string,
  options: ControlOptions,
  write: (text: string) => void,
): Promise<number> {
  return withGateway(options, async (client) => {
    await client.ask('clear', { circuit });
    write(`${circuit} is being cleared\n`);
    return 0;
  });
}
