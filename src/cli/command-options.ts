/** Options that several commands have. */
import { type Command, InvalidArgumentError } from 'commander';

/** How the running gateway is found. */
export function ofGateway(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration of the running gateway')
    .option('--socket <path>', 'its control socket, instead of its configuration');
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('allowed: a whole number from 1.');
  return number;
}
