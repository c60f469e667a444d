import { isHost, Template } from '../routing/index.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';

export interface ServerTemplate {
  readonly host: Template;
  readonly port: number;
}

/**
 * `host:port` whose host may be made of what a pattern has captured; an IPv6 address in brackets.
 * @returns undefined after what is wrong with the template was told; `notAServer` is for the caller to tell.
 */
export function readServerTemplate(
  text: string,
  { groups, usualPort }: { readonly groups: number; readonly usualPort?: number },
  path: KeyPath,
  problems: ProblemList,
): ServerTemplate | 'notAServer' | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? (usualPort ?? 0) : Number(digits);
  const host = readTemplate(bracketed ?? plain ?? '', groups, path, problems);
  if (host === undefined) return undefined;
  // What a pattern will put in is looked at when it does; here any word stands for it.
  const example = host.expand(Array.from({ length: groups + 1 }, () => 'x'));
  return isHost(example) && port >= 1 && port <= 65_535 ? { host, port } : 'notAServer';
}

export function readTemplate(
  text: string,
  groups: number,
  path: KeyPath,
  problems: ProblemList,
): Template | undefined {
  const template = Template.parse(text, groups);
  if (template.ok) return template.value;
  problems.refuse(path, template.fault);
  return undefined;
}
