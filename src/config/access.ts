import type { AccessAction, AccessRule } from '../routing/index.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { describeValue, readPart } from './read.js';
import { accessSchema } from './schema/policy.js';

const STATUS = /^([45])\.\d{1,3}\.\d{1,3} (.+)$/;

const USUAL = {
  refuse: { code: 554, status: '5.7.1', text: 'mail refused' },
  defer: { code: 450, status: '4.7.1', text: 'mail not taken now, try again later' },
} as const;

/** `[[access]]` @param place counted from 1; names the rule where it has no name. */
export function readAccess(path: KeyPath, place: number, problems: ProblemList): AccessRule | undefined {
  const settings = readPart(accessSchema, path, problems);
  if (settings === undefined) return undefined;
  const { name = `number ${place}`, action: type, text, ...conditions } = settings;
  const action = actionOf(type, text, path, problems);
  const given = Object.entries(conditions).filter(([, value]) => value !== undefined);
  return action && { name, ...Object.fromEntries(given), action };
}

function actionOf(
  type: AccessAction['type'],
  text: string | undefined,
  path: KeyPath,
  problems: ProblemList,
): AccessAction | undefined {
  switch (type) {
    case 'allow':
      if (text === undefined) return { type };
      problems.refuse([...path, 'text'], 'allowed only with action = "refuse", "defer" or "hold"');
      return undefined;
    case 'hold':
      return { type, reason: text ?? 'an access rule' };
    case 'refuse':
    case 'defer':
      return replyOf(type, text, path, problems);
  }
}

/** A text may begin with an enhanced status code of its own. */
function replyOf(
  type: 'refuse' | 'defer',
  text: string | undefined,
  path: KeyPath,
  problems: ProblemList,
): AccessAction | undefined {
  const usual = USUAL[type];
  if (text === undefined) return { type, reply: usual };
  const [status, kind, words] = STATUS.exec(text) ?? [];
  if (status === undefined || words === undefined) return { type, reply: { ...usual, text } };
  if (kind === usual.status[0])
    return { type, reply: { ...usual, status: text.slice(0, text.indexOf(' ')), text: words } };
  problems.refuse(
    [...path, 'text'],
    `found ${describeValue(text)}; allowed with action = "${type}": a status that begins with ${usual.status[0]}`,
  );
  return undefined;
}
