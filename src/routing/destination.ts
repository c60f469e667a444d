export interface SmtpHost {
  readonly type: 'smtp';
  readonly host: string;
  readonly port: number;
}

/** Where mail goes, once a route was found: what the queue sorts it by. */
export type Destination =
  /** Names of peers, tried in order. `large`: what is too long for their usual hours. */
  | { readonly type: 'peers'; readonly peers: readonly string[]; readonly large?: boolean }
  /** LMTP puts mail into mailboxes (RFC 2033). */
  | { readonly type: 'smtp' | 'lmtp'; readonly host: string; readonly port: number }
  /** SMTP hosts, at least two, tried in order. */
  | { readonly type: 'hosts'; readonly hosts: readonly SmtpHost[] }
  /** The socket of an LMTP server on this machine; the path is absolute. */
  | { readonly type: 'lmtpSocket'; readonly path: string }
  /** The number of a system on the X.25 network, and the links it is called on, tried in order. */
  | { readonly type: 'nua'; readonly nua: string; readonly links: readonly string[] }
  /** The servers that DNS names for a domain, or an address literal: `[192.0.2.1]`, `[IPv6:2001:db8::1]`. */
  | { readonly type: 'mx'; readonly domain: string }
  /** A mailbox of this machine; the path is absolute. */
  | { readonly type: 'maildir'; readonly path: string }
  /** Who fetches it, once logged in (ATRN); nobody is called. */
  | { readonly type: 'user'; readonly user: string };

/**
 * How the spool names a destination: `peer:site-b`, `peer:site-b,site-c`, `large:site-b`, `smtp:127.0.0.1:25`, `smtp:[::1]:25`,
 * `smtp:a.example:25,b.example:25`, `nua:psdn0:26245300040`, `mx:example.org`, `lmtp:127.0.0.1:24`, `lmtp:/run/dovecot/lmtp`, `maildir:/var/mail/anna`, `user:anna`.
 */
export function destinationKey(destination: Destination): string {
  switch (destination.type) {
    case 'peers':
      return `${destination.large === true ? 'large' : 'peer'}:${destination.peers.join(',')}`;
    case 'smtp':
    case 'lmtp':
      return `${destination.type}:${server(destination)}`;
    case 'hosts':
      return `smtp:${destination.hosts.map(server).join(',')}`;
    case 'lmtpSocket':
      return `lmtp:${destination.path}`;
    case 'nua':
      return `nua:${destination.links.join(',')}:${destination.nua}`;
    case 'mx':
      return `mx:${destination.domain.toLowerCase()}`;
    case 'maildir':
      return `maildir:${destination.path}`;
    case 'user':
      return `user:${destination.user}`;
  }
}

/** @returns undefined for a key that `destinationKey` never made. */
export function parseDestination(key: string): Destination | undefined {
  const [, scheme, rest = ''] = /^([a-z]+):(.+)$/s.exec(key) ?? [];
  switch (scheme) {
    case 'peer':
    case 'large':
      return isList(rest)
        ? { type: 'peers', peers: rest.split(','), ...(scheme === 'large' && { large: true }) }
        : undefined;
    case 'nua': {
      const [, links = '', nua = ''] = /^([^:]+):(\d+)$/.exec(rest) ?? [];
      return isList(links) ? { type: 'nua', nua, links: links.split(',') } : undefined;
    }
    case 'smtp':
    case 'lmtp': {
      if (scheme === 'lmtp' && rest.startsWith('/')) return { type: 'lmtpSocket', path: rest };
      if (scheme === 'smtp' && rest.includes(',')) return parseHosts(rest.split(','));
      const found = parseServer(rest);
      return found && { type: scheme, ...found };
    }
    case 'mx':
      return { type: 'mx', domain: rest };
    case 'maildir':
      return rest.startsWith('/') ? { type: 'maildir', path: rest } : undefined;
    case 'user':
      return { type: 'user', user: rest };
    default:
      return undefined;
  }
}

function isList(names: string): boolean {
  return !names.split(',').includes('');
}

function server({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${(host.includes(':') ? `[${host}]` : host).toLowerCase()}:${port}`;
}

function parseHosts(texts: readonly string[]): Destination | undefined {
  const hosts = texts.flatMap((text): SmtpHost[] => {
    const found = parseServer(text);
    return found === undefined ? [] : [{ type: 'smtp', ...found }];
  });
  return hosts.length === texts.length ? { type: 'hosts', hosts } : undefined;
}

function parseServer(text: string): { host: string; port: number } | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\],]+)\]|([^:,]+)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? undefined : { host, port: Number(port) };
}
