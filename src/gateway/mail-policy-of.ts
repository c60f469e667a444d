import type { Configuration } from '../config/index.js';
import { LargeMail, MailPolicy, Recipients, RelayPolicy, type Router } from '../routing/index.js';

/** What a configuration says of mail before it is accepted. */
export function mailPolicyOf(configuration: Configuration, router: Router): MailPolicy {
  const { gateway, relay: relaying, access, aliases, limits } = configuration;
  const relay = new RelayPolicy(relaying.networks, relaying.domains);
  return new MailPolicy({
    recipients: new Recipients(router, relay, gateway),
    relay,
    access,
    ...(aliases !== undefined && { aliases }),
    protectSenders: relaying.protectSenders,
    large: largeMailOf(configuration),
    limits,
  });
}

export function largeMailOf({ peers }: Pick<Configuration, 'peers'>): LargeMail {
  const limits = peers.flatMap(({ name, large }) =>
    large === undefined ? [] : [[name, large.octets] as const],
  );
  return new LargeMail(new Map(limits));
}
