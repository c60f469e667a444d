import { routerFor, type XotLinkConfiguration } from '../config/index.js';
import type { NameCache } from '../line/index.js';
import { isHost, Network, numberOfCaller } from '../routing/index.js';
import type { CallerVerdict } from '../xot/index.js';

/**
 * Whether a number leads, by the first router that fits, to the address that a call with this number came from. All
 * addresses of a name count. @param decide told once, not before this returns where a name has to be looked up.
 */
export function verifyCaller(
  link: XotLinkConfiguration,
  names: NameCache,
  calling: string,
  address: string,
  decide: (verdict: CallerVerdict) => void,
): void {
  const router = routerFor(link, numberOfCaller(calling, link.prefixes));
  if (router === undefined || !isHost(router.host)) {
    decide('refused');
    return;
  }
  names.find(router.host, ({ addresses, failure }) => {
    // As networks of one address: `fd00::1` and `fd00:0::1` are the same.
    if (addresses.some((each) => Network.parse(each)?.includes(address))) decide('verified');
    else decide(failure === undefined ? 'refused' : 'unknown');
  });
}
