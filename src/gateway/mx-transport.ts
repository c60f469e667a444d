import type { Transport, TransportEnd } from './dispatcher.js';
import { FallbackTransport } from './fallback-transport.js';
import { findMailServers, type MailServer, type MailServerSearch } from './mail-servers.js';
import type { MailSource } from './mail-source.js';

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
    if (found.permanent) await refuseAll(mail, found.reason);
    return { inOrder: found.permanent, reason: found.reason };
  }
}

/** All that waits is given up. @param reason like a reply. */
async function refuseAll(mail: MailSource, reason: string): Promise<void> {
  for (let message = await mail.next(); message !== undefined; message = await mail.next())
    await mail.settle(
      message,
      message.recipients.map(({ address }) => ({ address, outcome: 'permanent', reason })),
    );
}
