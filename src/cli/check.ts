import { type ConfigurationResult, formatProblem, loadConfiguration, type Problem } from '../config/index.js';
import { describeConfiguration } from './describe-configuration.js';
import { DONE } from './exit-status.js';
import { toJson } from './json.js';

/** Exit status of all commands. */
const WRONG_CONFIGURATION = 2;

/**
 * `x25mail check -c FILE`: says what a configuration comes to, or all that is wrong with it. Opens no port.
 *
 * @param write takes text as it goes out, line ends included.
 * @returns the exit status.
 */
export function runCheck(file: string, { json }: { json: boolean }, write: (text: string) => void): number {
  const result = loadConfiguration(file);
  write(json ? `${toJson(result)}\n` : describeResult(result, file));
  return result.ok ? DONE : WRONG_CONFIGURATION;
}

function describeResult(result: ConfigurationResult, file: string): string {
  if (!result.ok) return lines(result.problems);
  const { configuration, warnings } = result;
  const verdict =
    warnings.length === 0
      ? `${file} can be used.`
      : `${file} can be used. ${warnings.length === 1 ? 'One warning' : `${warnings.length} warnings`}:`;
  return `${describeConfiguration(configuration)}\n${verdict}\n${lines(warnings)}`;
}

function lines(problems: readonly Problem[]): string {
  return problems.map((problem) => `${formatProblem(problem)}\n`).join('');
}
