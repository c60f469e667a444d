import { Pattern, Template } from '../../src/routing/index.js';

/** Rules as a configuration makes them, in few words. */
export function number(text: string): Pattern {
  return parsed(Pattern.parse(text));
}

export function domain(text: string): Pattern {
  return parsed(Pattern.parse(text, { ignoreCase: true }));
}

export function template(text: string, groups = 9): Template {
  return parsed(Template.parse(text, groups));
}

function parsed<T>(result: { ok: true; value: T } | { ok: false; fault: string }): T {
  if (!result.ok) throw new Error(result.fault);
  return result.value;
}
