import type { Configuration } from '../config/index.js';
import type { Routes } from '../console/index.js';
import { destinationKey, parseDestination, type Router } from '../routing/index.js';
import { largeMailOf } from './mail-policy-of.js';

/** Where mail goes, for people who send it another way. */
export function routesOf(configuration: Configuration, router: Router): Routes {
  const { peers, links } = configuration;
  const large = largeMailOf(configuration);
  return {
    destinationOf: (address, octets) => {
      const key = router.keyFor(address);
      return key === undefined ? undefined : large.destinationOf(key, octets);
    },
    has: (destination) => {
      const parsed = parseDestination(destination);
      // As the queue would write it: else the same place had two queues.
      if (parsed === undefined || destinationKey(parsed) !== destination) return false;
      if (parsed.type === 'peers') return parsed.peers.every((name) => isAmong(peers, name));
      return parsed.type !== 'nua' || parsed.links.every((name) => isAmong(links, name));
    },
  };
}

function isAmong(list: readonly { readonly name: string }[], name: string): boolean {
  return list.some((each) => each.name === name);
}
