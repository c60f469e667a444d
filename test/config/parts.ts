import { formatProblem, parseConfiguration } from '../../src/config/index.js';

export const FILE = '/etc/x25mail/gw.toml';

/** A configuration with nothing wrong, in parts; a test changes one of them. */
export const PARTS = {
  gateway: 'hostname = "gw-a.example"\nnua = "23421000001"',
  link: 'name = "psdn0"\ntype = "serial"\npath = "/dev/ttyUSB0"',
  peer: 'name = "site-b"\nnua = "26245300040"\nlink = "psdn0"',
  route: 'domain = "*"\npeer = "site-b"',
} as const;

/** TOML text of the parts, with `changes` in the place of those of the same name, `extra` behind them. */
export function tomlOf(changes: Partial<Record<keyof typeof PARTS, string>> = {}, extra = ''): string {
  const parts = { ...PARTS, ...changes };
  return [
    `[gateway]\n${parts.gateway}`,
    `[[link]]\n${parts.link}`,
    `[[peer]]\n${parts.peer}`,
    `[[route]]\n${parts.route}`,
    extra,
  ].join('\n');
}

/** The lines that an operator reads, without the file's name; none when all is well. */
export function problemsOf(toml: string): string[] {
  const result = parseConfiguration(toml, FILE);
  return result.ok ? [] : result.problems.map(withoutFile);
}

export function warningsOf(toml: string): string[] {
  const result = parseConfiguration(toml, FILE);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.warnings.map(withoutFile);
}

function withoutFile(problem: Parameters<typeof formatProblem>[0]): string {
  return formatProblem(problem).replace(/^gw\.toml:(\d+: )? ?/, '');
}
