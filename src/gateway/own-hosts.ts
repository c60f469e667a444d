import { networkInterfaces } from 'node:os';
import type { Configuration, HostAndPort } from '../config/index.js';
import { Network } from '../routing/index.js';

/** Which mail servers of the world are this one: mail that went there would come back to us. */
export interface OwnHosts {
  /** @param name in lower case. */
  readonly isOurName: (name: string) => boolean;
  readonly isOurAddress: (address: string) => boolean;
}

const SMTP_PORT = 25;

/**
 * Of no server on the Internet: this machine, whatever stands in a stranger's DNS. A mail server here would take such mail
 * for its own.
 */
const THIS_MACHINE = ['127.0.0.0/8', '0.0.0.0/8', '::1', '::'].flatMap((text) => Network.parse(text) ?? []);

/**
 * @param addresses of this machine; another mail server may have port 25 there, so they count only where we listen on
 * that port of all of them.
 */
export function ownHosts(
  { gateway, listen }: Pick<Configuration, 'gateway' | 'listen'>,
  addresses: () => readonly string[] = addressesOfThisMachine,
): OwnHosts {
  const hostname = gateway.hostname.toLowerCase();
  const hosts = listen.smtp.filter(({ port }: HostAndPort) => port === SMTP_PORT).map(({ host }) => host);
  const isEverywhere = hosts.some((host) => host === '0.0.0.0' || host === '::');
  return {
    isOurName: (name) => name === hostname,
    isOurAddress: (address) =>
      THIS_MACHINE.some((network) => network.includes(address)) ||
      hosts.includes(address) ||
      (isEverywhere && addresses().includes(address)),
  };
}

function addressesOfThisMachine(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
}
