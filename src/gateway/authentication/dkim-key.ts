import { createPrivateKey, type KeyObject } from 'node:crypto';
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

/** @throws GatewayError that names the file. */
export function readDkimKey({ domain, selector, keyFile }: DkimSetting): DkimKey {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(readFileSync(keyFile));
  } catch (error) {
    throw unusable(keyFile, describeError(error), error);
  }
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

function bitsOf({ asymmetricKeyDetails: details }: KeyObject): number | undefined {
  return details?.modulusLength;
}

function unusable(file: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError('dkim', `dkim.key: ${file} can't be used: ${why}`, { temporary: false, cause });
}
