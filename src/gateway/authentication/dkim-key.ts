import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describeError, GatewayError } from '../../core/index.js';

export interface DkimSetting {
  readonly domain: string;
  readonly selector: string;
  /** PEM. */
  readonly keyFile: string;
}

export interface DkimKey {
  readonly domain: string;
  readonly selector: string;
  /** RSA or Ed25519. */
  readonly privateKey: KeyObject;
}

/** RFC 8301 §3.2: shorter ones are not verified. */
const SHORTEST_RSA_BITS = 1024;

const ED25519_OCTETS = 32;

/** @throws GatewayError that names the file. */
export function readDkimKey({ domain, selector, keyFile }: DkimSetting): DkimKey {
  const privateKey = parse(read(keyFile), keyFile);
  const { asymmetricKeyType: type } = privateKey;
  if (type !== 'rsa' && type !== 'ed25519')
    throw unusable(keyFile, `found a key of type ${type}; allowed: RSA, Ed25519`);
  const bits = bitsOf(privateKey);
  if (bits !== undefined && bits < SHORTEST_RSA_BITS)
    throw unusable(keyFile, `found an RSA key of ${bits} bits; allowed: ${SHORTEST_RSA_BITS} and more`);
  return { domain, selector, privateKey };
}

/** `RSA of 2048 bits` */
export function describeKey({ privateKey }: DkimKey): string {
  const bits = bitsOf(privateKey);
  return bits === undefined ? 'Ed25519' : `RSA of ${bits} bits`;
}

/** The TXT record of its public half (RFC 6376 §3.6.1; RFC 8463 §4: of Ed25519 the bare key). */
export function publishedKey({ privateKey }: DkimKey): string {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const isEd25519 = privateKey.asymmetricKeyType === 'ed25519';
  const key = (isEd25519 ? der.subarray(-ED25519_OCTETS) : der).toString('base64');
  return `v=DKIM1; k=${isEd25519 ? 'ed25519' : 'rsa'}; p=${key}`;
}

function bitsOf({ asymmetricKeyDetails: details }: KeyObject): number | undefined {
  return details?.modulusLength;
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unusable(file, describeError(error), error);
  }
}

function parse(pem: Buffer, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    // What OpenSSL says of it helps nobody.
    throw unusable(
      file,
      'found no private key, or one with a passphrase; allowed: RSA, Ed25519 in PEM',
      error,
    );
  }
}

function unusable(file: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError('dkim', `${file} can't be used as a key of DKIM: ${why}`, {
    temporary: false,
    cause,
  });
}
