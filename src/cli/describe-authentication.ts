import { type ChecksConfiguration, type Configuration, formatDuration } from '../config/index.js';
import type { Row } from './section.js';

/** How it is proved where mail comes from, what of strangers and what of ours. */
export function authenticationRows({ checks, dkim }: Configuration): Row[] {
  return [
    ['SPF, DKIM, DMARC', describeChecks(checks)],
    ...(dkim.length === 0 ? [['signed', 'nothing'] satisfies Row] : []),
    ...dkim.map(
      ({ domain, selector, keyFile }): Row => [
        'signed',
        `mail from ${domain}, key ${selector}._domainkey.${domain} in ${keyFile}`,
      ],
    ),
  ];
}

function describeChecks({ mode, dnsMs }: ChecksConfiguration): string {
  if (mode === 'off') return 'not checked';
  const kept = mode === 'note' ? 'noted' : 'noted, and the DMARC policy of the author is followed';
  return `of strangers by TCP: ${kept}; DNS may take ${formatDuration(dnsMs)}`;
}
