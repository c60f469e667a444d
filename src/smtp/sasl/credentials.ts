/** What is kept of a user, and how a password is checked against it (RFC 5802 §3, RFC 7677). */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { saslPrep } from './saslprep.js';

/** What the keeper of users has; a mechanism that needs what is absent fails like one with a wrong password. */
export interface Credentials {
  readonly scramSha256?: ScramVerifier;
  /** As it is: CRAM-MD5 can't do without. */
  readonly password?: string;
}

/** Checks a password without holding it (RFC 5802 §3). */
export interface ScramVerifier {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** RFC 7677 §4 asks for 4096 at least. */
const ITERATIONS = 10_000;
const SALT_OCTETS = 16;

/** @returns undefined when the password holds characters that no password may hold (RFC 4013). */
export function makeVerifier(
  password: string,
  salt: Uint8Array = randomBytes(SALT_OCTETS),
  iterations = ITERATIONS,
): ScramVerifier | undefined {
  const prepared = saslPrep(password);
  if (prepared === undefined) return undefined;
  const salted = pbkdf2Sync(prepared, salt, iterations, 32, 'sha256');
  return {
    salt,
    iterations,
    storedKey: sha256(hmac(salted, 'Client Key')),
    serverKey: hmac(salted, 'Server Key'),
  };
}

/**
 * What SCRAM checks against. For a user that is not known one is made up, always the same while we run, so that
 * neither the answer nor its time tells who is known.
 */
export function verifierOf(user: string, credentials: Credentials | undefined): ScramVerifier {
  if (credentials?.scramSha256 !== undefined) return credentials.scramSha256;
  const salt = hmac(STAND_IN_KEY, user).subarray(0, SALT_OCTETS);
  const made = credentials?.password === undefined ? undefined : makeVerifier(credentials.password, salt);
  return made ?? { salt, iterations: ITERATIONS, storedKey: randomBytes(32), serverKey: randomBytes(32) };
}

/** Costs the same work whether the user is known or not. */
export function isPassword(user: string, password: string, credentials: Credentials | undefined): boolean {
  const expected = verifierOf(user, credentials);
  const given = makeVerifier(password, expected.salt, expected.iterations);
  return given !== undefined && isSame(given.storedKey, expected.storedKey);
}

const STAND_IN_KEY = randomBytes(32);

export function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

export function sha256(octets: Uint8Array): Buffer {
  return createHash('sha256').update(octets).digest();
}

/** In a time that tells nothing of where they differ. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
