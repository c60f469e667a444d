import { type SecureContext, TLSSocket, connect as tlsConnect } from 'node:tls';
import { describeError, type OctetStream } from '../core/index.js';
import { StreamDuplex } from './stream-duplex.js';
import { TcpStream } from './tcp-stream.js';

export type TlsRole =
  | {
      readonly role: 'server';
      readonly context: SecureContext;
    }
  | {
      readonly role: 'client';
      /** Whose certificate it must be; goes out as SNI where it is a name. */
      readonly servername: string;
      /** Certificates that are trusted; absent: those that Node knows. */
      readonly context?: SecureContext;
    };

/** What is known of a connection once it is encrypted. */
export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly protocol: string;
  /** `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** The name that the client asked for. */
  readonly servername?: string;
  /** Why the other end's certificate proves nothing; absent where it does. A server asks for none. */
  readonly unverified?: string;
}

export type Secured =
  | { readonly ok: true; readonly stream: OctetStream; readonly facts: TlsFacts }
  /** The stream below is broken off. */
  | { readonly ok: false; readonly reason: string };

/** TLS 1.2 is the oldest that RFC 8996 leaves. */
export const TLS_VERSIONS = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const;

/**
 * Encrypts a stream: a TCP connection or a circuit. Everything that arrives on it from now on is TLS. A certificate that
 * proves nothing is no failure here: whoever asks for one looks at the facts. Never rejects.
 * @param timeoutMs for the handshake.
 */
export function secure(below: OctetStream, role: TlsRole, timeoutMs: number): Promise<Secured> {
  return new Promise((resolve) => {
    const duplex = new StreamDuplex(below);
    const socket = role.role === 'server' ? asServer(duplex, role) : asClient(duplex, role);
    const timer = setTimeout(() => fail(new Error('no TLS handshake in time')), timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      duplex.destroy(error);
      resolve({ ok: false, reason: `TLS: ${describeError(error)}` });
    };
    duplex.on('error', fail);
    // A failed handshake can tell of its error more than once, and an error that nobody hears ends the process.
    socket.on('error', fail);
    const closed = (): void => fail(new Error('the connection ended during the handshake'));
    socket.on('close', closed);
    socket.once(role.role === 'server' ? 'secure' : 'secureConnect', () => {
      clearTimeout(timer);
      socket.off('close', closed);
      resolve({ ok: true, stream: new TcpStream(socket), facts: factsOf(socket, role) });
      socket.off('error', fail);
    });
  });
}

function asServer(duplex: StreamDuplex, { context }: TlsRole & { role: 'server' }): TLSSocket {
  return new TLSSocket(duplex, { isServer: true, secureContext: context, ...TLS_VERSIONS });
}

function asClient(duplex: StreamDuplex, { servername, context }: TlsRole & { role: 'client' }): TLSSocket {
  const isName = /[a-z]/i.test(servername) && !servername.includes(':');
  return tlsConnect({
    socket: duplex,
    host: servername,
    rejectUnauthorized: false,
    ...(isName && { servername }),
    ...(context !== undefined && { secureContext: context }),
    ...TLS_VERSIONS,
  });
}

function factsOf(socket: TLSSocket, { role }: TlsRole): TlsFacts {
  const servername = role === 'server' ? (socket as { servername?: string | false }).servername : undefined;
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    cipher: socket.getCipher().standardName,
    ...(typeof servername === 'string' && { servername }),
    ...(role === 'client' &&
      !socket.authorized && { unverified: faultInWords(String(socket.authorizationError)) }),
  };
}

const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
};

function faultInWords(code: string): string {
  return CERTIFICATE_FAULTS[code] ?? `the certificate is not trusted (${code})`;
}
