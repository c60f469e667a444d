import { FallbackTransport } from './fallback-transport.js';
import { findMailServers, type MailServer, type MailServerSearch } from './mail-servers.js';
import type { MailSource } from './mail-source.js';
import { RefusingTransport } from './refusing-transport.js';
import type { Transport, TransportEnd } from './transport.js';

export interface MxTransportOptions {
  /** A name in ASCII, or an address literal. */
  readonly domain: string;
  readonly search: MailServerSearch;
  readonly transportTo: (server: MailServer) => Transport;
}

/** Brings mail to the servers that DNS names for a domain; all that waits goes to the first that takes it. */
export class MxTransport implements Transport {
  readonly concurrency = 5;
  readonly #options: MxTransportOptions;

  constructor(options: MxTransportOptions) {
    this.#options = options;
  }

  async run(mail: MailSource): Promise<TransportEnd> {
    const { domain, search, transportTo } = this.#options;
    const found = await findMailServers(domain, search);
    if (found.ok) return new FallbackTransport(found.servers.map(transportTo)).run(mail);
    const { reason } = found;
    return found.permanent ? new RefusingTransport(reason).run(mail) : { inOrder: false, reason };
  }
}
