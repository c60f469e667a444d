import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Configuration } from '../config/index.js';
import { describeError, GatewayError, type OctetStream } from '../core/index.js';
import { secure, TLS_VERSIONS, type TlsFacts } from '../line/index.js';
import { type ServerTerms, serversOf } from '../routing/index.js';
import type { Login } from '../smtp/index.js';
import { HANDSHAKE_MS } from './session-options.js';

/**
 * Encrypts a connection to a server as its terms ask. Where they ask for no proof, anybody will do: RFC 7435, encryption
 * to whoever answers is better than none.
 *
 * @param onSecured is told what was agreed, before anything is read.
 * @returns why there is no TLS, or none that counts; the stream below is broken off then. Never rejects.
 */
export async function encryptTo(
  below: OctetStream,
  servername: string,
  { tls, trusted }: Pick<ServerTerms, 'tls' | 'trusted'>,
  onSecured: (facts: TlsFacts) => void = () => {},
  handshakeMs = HANDSHAKE_MS.tcp,
): Promise<OctetStream | string> {
  let context: ReturnType<typeof createSecureContext> | undefined;
  try {
    if (trusted !== undefined) context = createSecureContext({ ca: readFileSync(trusted), ...TLS_VERSIONS });
  } catch (error) {
    below.abort('protocolError');
    return `the certificates to be trusted can't be read: ${describeError(error)}`;
  }
  const role = { role: 'client', servername, ...(context !== undefined && { context }) } as const;
  const secured = await secure(below, role, handshakeMs);
  if (!secured.ok) return secured.reason;
  const { stream, facts } = secured;
  if ((tls === 'verify' || tls === 'implicit') && facts.unverified !== undefined) {
    stream.abort('protocolError');
    return `${servername} is not proved: ${facts.unverified}`;
  }
  onSecured(facts);
  return stream;
}

/** The first line of a file. @throws Error where there is none; it never says what stands there. */
function readPassword(file: string): string {
  const [password = ''] = readFileSync(file, 'utf8').split(/\r?\n/, 1);
  if (password === '') throw new Error(`${file} is empty`);
  return password;
}

/** Read for each session, since it may change. @param where behind who we are there. @returns why there is none, like a reply. */
export function loginFor(
  { user, passwordFile }: NonNullable<ServerTerms['login']>,
  where = '',
): Login | string {
  try {
    return { user, password: readPassword(passwordFile) };
  } catch (error) {
    return `4.7.0 no password for the login as ${user}${where}: ${describeError(error)}`;
  }
}

/**
 * They are read again for each session; what can't be read at all is better told at once.
 * @throws GatewayError that names the route, or the peer.
 */
export function checkPasswords({ routes, peers }: Pick<Configuration, 'routes' | 'peers'>): void {
  for (const { domain, target } of routes)
    for (const { terms } of serversOf(target)) checkPassword(`route ${domain.text}`, terms?.login);
  for (const { name, terms } of peers) checkPassword(`peer ${name}`, terms?.login);
}

function checkPassword(of: string, login: ServerTerms['login']): void {
  if (login === undefined) return;
  try {
    readPassword(login.passwordFile);
  } catch (error) {
    const why = `${of} auth.password_file: ${describeError(error)}`;
    throw new GatewayError('password', why, { temporary: false, cause: error });
  }
}
