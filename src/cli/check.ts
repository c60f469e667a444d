import { type ConfigurationResult, formatProblem, loadConfiguration, type Problem } from '../config/index.js';
import { type CheckedKeys, checkKeys } from './check-keys.js';
import { describeConfiguration } from './describe-configuration.js';
import { DONE } from './exit-status.js';
import { toJson } from './json.js';
import { section } from './section.js';

/** Exit status of all commands. */
const WRONG_CONFIGURATION = 2;

/**
 * `x25mail check -c FILE`: says what a configuration comes to, or all that is wrong with it. Opens no port.
 *
 * @param write takes text as it goes out, line ends included.
 * @returns the exit status.
 */
export function runCheck(file: string, { json }: { json: boolean }, write: (text: string) => void): number {
  const { result, keys } = check(file);
  write(json ? `${toJson(result)}\n` : describeResult(result, keys, file));
  return result.ok ? DONE : WRONG_CONFIGURATION;
}

/** The keys as well: their files are read when the gateway starts, and only by whoever may. */
function check(file: string): { result: ConfigurationResult; keys: CheckedKeys['rows'] } {
  const result = loadConfiguration(file);
  if (!result.ok) return { result, keys: [] };
  const { rows, problems, warnings } = checkKeys(result.configuration);
  if (problems.length > 0) return { result: { ok: false, problems }, keys: [] };
  return { result: { ...result, warnings: [...result.warnings, ...warnings] }, keys: rows };
}

function describeResult(result: ConfigurationResult, keys: CheckedKeys['rows'], file: string): string {
  if (!result.ok) return lines(result.problems);
  const { configuration, warnings } = result;
  const verdict =
    warnings.length === 0
      ? `${file} can be used.`
      : `${file} can be used. ${warnings.length === 1 ? 'One warning' : `${warnings.length} warnings`}:`;
  const published = keys.length === 0 ? '' : `\n${section('To be published in DNS (TXT)', keys)}`;
  return `${describeConfiguration(configuration)}${published}\n${verdict}\n${lines(warnings)}`;
}

function lines(problems: readonly Problem[]): string {
  return problems.map((problem) => `${formatProblem(problem)}\n`).join('');
}
