import type { XotLinkConfiguration } from './configuration.js';
import type { HostAndPort } from './schema/fields.js';

/** The router that serves a number. @param nua without the link's prefix. @returns undefined when none does. */
export function routerFor({ routers }: XotLinkConfiguration, nua: string): HostAndPort | undefined {
  for (const { nua: pattern, host, port } of routers) {
    const captures = pattern.match(nua);
    if (captures !== undefined) return { host: host.expand(captures), port };
  }
  return undefined;
}
