/** One attempt to say who we are (RFC 4422), without its framing in SMTP. Text is UTF-8, not yet in base64. */
export interface SaslClient {
  readonly name: string;
  /** Goes out with AUTH; undefined where the server speaks first. */
  readonly initial: Uint8Array | undefined;
  /** @returns what the server is answered, or undefined: it does not keep to the mechanism, or is not who it should be. */
  respond(challenge: Uint8Array): Uint8Array | undefined;
  /** Whether all that the server had to prove is proved. Its word that we are welcome is worth nothing before. */
  isSatisfied(): boolean;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}
