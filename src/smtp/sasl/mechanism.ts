/**
 * The server's side of a SASL mechanism (RFC 4422) as a chain of steps: each says what is wanted next and how it goes
 * on from there. Nothing here knows SMTP, base64 or where users are kept.
 */
import type { Credentials } from './credentials.js';

export type Step =
  /** Say this to the client; its response goes to `respond`. */
  | { readonly challenge: Uint8Array; readonly respond: (response: Uint8Array) => Step }
  /** Look the user up; what is kept of it goes to `found`, undefined where there is none of the name. */
  | { readonly lookUp: string; readonly found: (credentials: Credentials | undefined) => Step }
  | { readonly proven: Login }
  | { readonly failed: Failure };

export interface Login {
  /** Whose password it was (authentication identity). */
  readonly user: string;
  /** For whom the client wants to act (authorization identity); the same unless it said otherwise. */
  readonly identity: string;
}

/** What the client sent can't be read, or proves nothing. */
export type Failure = 'syntax' | 'credentials';

export interface MechanismContext {
  readonly hostname: string;
  /** Printable ASCII without commas, new and unguessable each time. */
  readonly nonce: () => string;
}

export interface Mechanism {
  /** Whether the client may put its first response into the AUTH command; the first challenge is then not said. */
  readonly initialResponse: boolean;
  readonly begin: (context: MechanismContext) => Extract<Step, { challenge: Uint8Array }>;
}

export const failed = (why: Failure): Step => ({ failed: why });
