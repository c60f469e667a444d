import type { IncomingRule } from '../routing/index.js';
import type { Configuration } from './configuration.js';

/** Whether a caller can get past all rules: none of them rejects everybody. @param calling patterns; empty: no number. */
export function isReached(incoming: readonly IncomingRule[], calling: readonly string[]): boolean {
  return !incoming.some(
    ({ link, calling: from, called, userData, closedUserGroups, action }) =>
      action.type === 'reject' &&
      (link ?? called ?? userData ?? closedUserGroups) === undefined &&
      (from === undefined || (from.isCatchAll && !calling.includes(''))),
  );
}

/** Whether any mail gets into the queue: else all of it goes through bridges. */
export function takesMail({ listen, incoming, peers }: Configuration): boolean {
  return (
    listen.smtp.length > 0 ||
    incoming.some(({ action }) => action.type === 'engine') ||
    peers.some(({ calling }) =>
      isReached(
        incoming,
        calling.map(({ text }) => text),
      ),
    )
  );
}
