import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Configuration } from '../config/index.js';
import { describeError, GatewayError, type OctetStream } from '../core/index.js';
import { secure, TLS_VERSIONS } from '../line/index.js';
import type { Credentials, MechanismName } from '../smtp/index.js';
import type { Encrypted } from './server-runner.js';
import { UsersFile } from './users-file.js';

/** What is read from files before it counts. */
export interface PreparedFiles {
  readonly tls: SecureContext | undefined;
  readonly users: UsersFile | undefined;
}

const NO_LOGIN: readonly MechanismName[] = [];
const WITHOUT_CRAM_MD5: readonly MechanismName[] = ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'];
const WITH_CRAM_MD5: readonly MechanismName[] = ['SCRAM-SHA-256', 'PLAIN', 'LOGIN', 'CRAM-MD5'];

/** What clients can have of us, by whatever way they come: TLS with our certificate, and a login. */
export class ClientSecurity {
  readonly #onProblem: (problem: string) => void;
  #tls: SecureContext | undefined;
  #users: UsersFile | undefined;

  constructor(onProblem: (problem: string) => void) {
    this.#onProblem = onProblem;
  }

  /**
   * Reads the files that a configuration names, and changes nothing yet.
   * @throws GatewayError when the certificate or the users' file can't be used.
   */
  prepare({ listen, usersFile }: Configuration): PreparedFiles {
    const users = usersFile === undefined ? undefined : new UsersFile(usersFile, this.#onProblem);
    users?.load();
    return { tls: listen.tls && readCertificate(listen.tls), users };
  }

  use({ tls, users }: PreparedFiles): void {
    this.#tls = tls;
    this.#users = users;
  }

  get hasCertificate(): boolean {
    return this.#tls !== undefined;
  }

  /** None: nobody can log in. CRAM-MD5 only where every user's password is kept for it: some clients choose it wherever it is offered. */
  get mechanisms(): readonly MechanismName[] {
    if (this.#users === undefined) return NO_LOGIN;
    return this.#users.allHavePasswords ? WITH_CRAM_MD5 : WITHOUT_CRAM_MD5;
  }

  credentials(user: string): Credentials | undefined {
    return this.#users?.find(user);
  }

  /** @param handshakeMs how long it may take. @returns why there is no TLS; the stream is broken off then. Never rejects. */
  async encrypt(stream: OctetStream, handshakeMs: number): Promise<Encrypted | string> {
    if (this.#tls === undefined) return 'no certificate';
    const secured = await secure(stream, { role: 'server', context: this.#tls }, handshakeMs);
    if (!secured.ok) return secured.reason;
    const { protocol, cipher, servername } = secured.facts;
    const tls = { protocol, cipher, ...(servername !== undefined && { serverName: servername }) };
    return { stream: secured.stream, tls };
  }
}

/** @throws GatewayError that names the file. */
function readCertificate({ cert, key }: { readonly cert: string; readonly key: string }): SecureContext {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw unusable(file, error);
    }
  };
  const [certificate, privateKey] = [read(cert), read(key)];
  try {
    return createSecureContext({ cert: certificate, key: privateKey, ...TLS_VERSIONS });
  } catch (error) {
    throw unusable(`${cert} with ${key}`, error);
  }
}

function unusable(what: string, cause: unknown): GatewayError {
  return new GatewayError('tls', `listen.tls: ${what} can't be used: ${describeError(cause)}`, {
    temporary: false,
    cause,
  });
}
