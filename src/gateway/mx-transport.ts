import { FallbackTransport } from './fallback-transport.js';
import { findMailServers, type MailServer, type MailServerSearch } from './mail-servers.js';
import type { MailSource } from './mail-source.js';
import { isAdmitted, type StsPolicy } from './mta-sts/index.js';
import { RefusingTransport } from './refusing-transport.js';
import type { Transport, TransportEnd } from './transport.js';

export interface MxTransportOptions {
  /** A name in ASCII, or an address literal. */
  readonly domain: string;
  readonly search: MailServerSearch;
  /** Never rejects. Absent: nobody asks. */
  readonly policyOf?: (domain: string) => Promise<StsPolicy | undefined>;
  /** In which order they are tried, where that is not the order of DNS. */
  readonly arrange: (servers: readonly MailServer[]) => readonly MailServer[];
  /** @param mustProve its name, or it gets no mail. */
  readonly transportTo: (server: MailServer, mustProve: boolean) => Transport;
}

/** Brings mail to the servers that DNS names for a domain; all that waits goes to the first that takes it. */
export class MxTransport implements Transport {
  readonly concurrency = 5;
  readonly #options: MxTransportOptions;

  constructor(options: MxTransportOptions) {
    this.#options = options;
  }

  async run(mail: MailSource): Promise<TransportEnd> {
    const { domain, search, policyOf, arrange, transportTo } = this.#options;
    const [found, policy] = await Promise.all([findMailServers(domain, search), policyOf?.(domain)]);
    if (!found.ok) {
      const { reason } = found;
      return found.permanent ? new RefusingTransport(reason).run(mail) : { inOrder: false, reason };
    }
    const admitted = found.servers.filter(({ name }) => policy === undefined || isAdmitted(name, policy));
    if (admitted.length === 0) return { inOrder: false, reason: noneAdmitted(domain, found.servers) };
    const ways = arrange(admitted).map((server) => transportTo(server, policy !== undefined));
    return new FallbackTransport(ways).run(mail);
  }
}

/** RFC 8461 §5: it may be an attack, or a policy that is behind: the mail waits. */
function noneAdmitted(domain: string, servers: readonly MailServer[]): string {
  const names = [...new Set(servers.map(({ name }) => name))].join(', ');
  return `451 4.7.5 the MTA-STS policy of ${domain} admits none of its servers: ${names}`;
}
