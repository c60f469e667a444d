import { CALLER_REFUSED, DTE_ORIGINATED, type IncomingRule } from '../routing/index.js';
import { isPad } from './entries.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { describeValue, readPart } from './read.js';
import { ACTIONS_OF_KEY, type IncomingSettings, incomingSchema } from './schema/incoming.js';
import { PAD_USER_DATA, SMTP_USER_DATA } from './schema/peer.js';

/** `[[incoming]]` @param place counted from 1; names the rule where it has no name. */
export function readIncoming(path: KeyPath, place: number, problems: ProblemList): IncomingRule | undefined {
  refuseKeysOfOtherActions(path, problems);
  const settings = readPart(incomingSchema, path, problems);
  if (settings === undefined) return undefined;
  const action = actionOf(settings, path, problems);
  if (action === undefined) return undefined;
  const { link, calling, called, cug } = settings;
  const userData = settings.call_user_data ?? usualUserData(settings, problems);
  return {
    name: settings.name ?? `number ${place}`,
    ...(link !== undefined && { link }),
    ...(calling !== undefined && { calling }),
    ...(called !== undefined && { called }),
    ...(cug !== undefined && { closedUserGroups: cug }),
    ...(userData !== undefined && { userData }),
    action,
  };
}

function refuseKeysOfOtherActions(path: KeyPath, problems: ProblemList): void {
  const action = problems.found([...path, 'action']);
  const known: unknown[] = Object.values(ACTIONS_OF_KEY).flat();
  if (!known.includes(action)) return;
  for (const [key, actions] of Object.entries<readonly unknown[]>(ACTIONS_OF_KEY))
    if (!actions.includes(action) && problems.found([...path, key]) !== undefined)
      problems.refuse(
        [...path, key],
        `allowed only with action = ${actions.map(describeValue).join(' or ')}`,
      );
}

/** Only mail is received unless the rule says otherwise; what is rejected is rejected whatever it wants. */
function usualUserData({ action, link }: IncomingSettings, problems: ProblemList): Uint8Array | undefined {
  if (action === 'reject') return undefined;
  return link !== undefined && isPad(link, problems) ? PAD_USER_DATA : SMTP_USER_DATA;
}

function actionOf(
  settings: IncomingSettings,
  path: KeyPath,
  problems: ProblemList,
): IncomingRule['action'] | undefined {
  const { relay, smtp, identify, max_circuits: maxCircuits, reverse_charging: reverseCharging } = settings;
  const limits = {
    relay,
    ...(maxCircuits !== undefined && { maxCircuits }),
    ...(reverseCharging && { reverseCharging }),
  };
  switch (settings.action) {
    case 'engine':
      return { type: 'engine', ...limits };
    case 'bridge':
      if (smtp !== undefined) return { type: 'bridge', smtp, identify, ...limits };
      problems.refuse([...path, 'smtp'], 'missing; needed: a host and a port, such as "127.0.0.1:25"');
      return undefined;
    case 'reject':
      return {
        type: 'reject',
        cause: settings.cause ?? DTE_ORIGINATED,
        diagnostic: settings.diagnostic ?? CALLER_REFUSED,
      };
  }
}
