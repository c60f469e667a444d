import { type Credentials, hmac, isSame, sha256, verifierOf } from './credentials.js';
import { failed, type Mechanism, type Step } from './mechanism.js';
import { saslPrep } from './saslprep.js';
import { textOf } from './text.js';

/** A longer nonce of the client would not leave our challenge room in a reply line. */
const MAX_CLIENT_NONCE = 200;

/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677), the variant without channel binding. A client that wants binding (`p=`) is
 * refused; one that would have bound had we offered it (`y`) is right that we did not (§6).
 */
export const SCRAM_SHA_256: Mechanism = {
  initialResponse: true,
  begin: ({ nonce }) => ({
    challenge: new Uint8Array(0),
    respond: (response) => clientFirst(response, nonce()),
  }),
};

interface FirstMessage {
  /** `n,a=...,`: it comes again with the proof, so that nobody can have changed it. */
  readonly header: string;
  readonly bare: string;
  readonly user: string;
  readonly identity: string;
  readonly nonce: string;
}

function clientFirst(response: Uint8Array, ourNonce: string): Step {
  const first = readFirst(textOf(response) ?? '');
  if (first === undefined) return failed('syntax');
  const user = saslPrep(first.user);
  const identity = first.identity === '' ? user : saslPrep(first.identity);
  if (user === undefined || identity === undefined) return failed('credentials');
  return {
    lookUp: user,
    found: (credentials) => serverFirst(first, { user, identity }, credentials, ourNonce),
  };
}

function serverFirst(
  first: FirstMessage,
  login: { readonly user: string; readonly identity: string },
  credentials: Credentials | undefined,
  ourNonce: string,
): Step {
  const verifier = verifierOf(login.user, credentials);
  const nonce = `${first.nonce}${ourNonce}`;
  const challenge = `r=${nonce},s=${Buffer.from(verifier.salt).toString('base64')},i=${verifier.iterations}`;
  const respond = (response: Uint8Array): Step => {
    const final = readFinal(textOf(response) ?? '');
    if (final === undefined) return failed('syntax');
    // A binding that is not the one announced, or another's nonce: somebody stands between.
    if (final.binding !== Buffer.from(first.header).toString('base64') || final.nonce !== nonce)
      return failed('credentials');
    const signed = `${first.bare},${challenge},${final.withoutProof}`;
    const signature = hmac(verifier.storedKey, signed);
    if (final.proof.length !== signature.length) return failed('credentials');
    const clientKey = final.proof.map((octet, i) => octet ^ (signature[i] ?? 0));
    if (!isSame(sha256(clientKey), verifier.storedKey)) return failed('credentials');
    return {
      challenge: Buffer.from(`v=${hmac(verifier.serverKey, signed).toString('base64')}`),
      respond: (end) => (end.length === 0 ? { proven: login } : failed('syntax')),
    };
  };
  return { challenge: Buffer.from(challenge), respond };
}

/** `gs2-header n=user,r=nonce[,extensions]`; `m=`, an extension that must be understood, is not. */
function readFirst(message: string): FirstMessage | undefined {
  const match = /^([ny],(?:a=([^,]+))?,)(n=([^,]+),r=([!-+\--~]+)(?:,[A-Za-z]=[^,]*)*)$/su.exec(message);
  if (match === null) return undefined;
  const [, header = '', identity = '', bare = '', user = '', nonce = ''] = match;
  const names = [readName(user), readName(identity)];
  if (names[0] === undefined || names[1] === undefined || nonce.length > MAX_CLIENT_NONCE) return undefined;
  return { header, bare, user: names[0], identity: names[1], nonce };
}

/** §5.1: comma and equals sign are written `=2C` and `=3D`. */
function readName(encoded: string): string | undefined {
  if (/=(?!2C|3D)/.test(encoded)) return undefined;
  return encoded.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

interface FinalMessage {
  readonly binding: string;
  readonly nonce: string;
  readonly proof: Uint8Array;
  readonly withoutProof: string;
}

function readFinal(message: string): FinalMessage | undefined {
  const match = /^(c=([A-Za-z0-9+/=]+),r=([!-+\--~]+)(?:,[A-Za-z]=[^,]*)*),p=([A-Za-z0-9+/]{43}=)$/su.exec(
    message,
  );
  if (match === null) return undefined;
  const [, withoutProof = '', binding = '', nonce = '', proof = ''] = match;
  return { binding, nonce, proof: new Uint8Array(Buffer.from(proof, 'base64')), withoutProof };
}
