import type { Configuration } from '../config/index.js';
import type { Routes } from '../console/index.js';
import { type MailPolicy, Rewriting, Router } from '../routing/index.js';
import type { Inspector } from './authentication/index.js';
import type { Surroundings } from './environment.js';
import { FetchRights } from './fetch-rights.js';
import { mailPolicyOf } from './mail-policy-of.js';
import { makeInspector } from './make-inspector.js';
import { checkPasswords } from './outgoing-tls.js';
import { routesOf } from './routes-of.js';

/** A configuration and all that is made of it to decide by: a new one replaces it as a whole. */
export interface Rules {
  readonly configuration: Configuration;
  readonly router: Router;
  readonly policy: MailPolicy;
  readonly inspector: Inspector;
  readonly fetchRights: FetchRights;
  readonly routes: Routes;
  readonly rewriting: Rewriting;
}

/** @throws GatewayError when a file that the configuration names can't be used. */
export function rulesOf(
  configuration: Configuration,
  { resolve, clock }: Pick<Surroundings, 'resolve' | 'clock'>,
): Rules {
  checkPasswords(configuration);
  const router = new Router(configuration.routes);
  return {
    configuration,
    router,
    policy: mailPolicyOf(configuration, router),
    inspector: makeInspector({ configuration, resolve, clock }),
    fetchRights: new FetchRights(configuration, router),
    routes: routesOf(configuration, router),
    rewriting: new Rewriting(configuration.rewrites),
  };
}
