import type { Configuration } from '../config/index.js';
import type { Clock } from '../core/index.js';
import { DkimSigner, Inspector, type ResolveDns, readDkimKey } from './authentication/index.js';

export interface InspectorParts {
  readonly configuration: Configuration;
  readonly resolve: ResolveDns;
  readonly clock: Clock;
}

/**
 * An inspector as a configuration wants it.
 * @throws GatewayError that names the file of a key that can't be used.
 */
export function makeInspector({ configuration, resolve, clock }: InspectorParts): Inspector {
  const { gateway, checks, dkim } = configuration;
  return new Inspector({
    hostname: gateway.hostname,
    checks: checks.mode,
    dnsMs: checks.dnsMs,
    resolve,
    clock,
    ...(dkim.length > 0 && { signer: new DkimSigner(dkim.map(readDkimKey), clock) }),
  });
}
