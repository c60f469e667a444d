import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { dkimSign, dkimVerify } from 'mailauth';
import { ScriptedDns } from './scripted-dns.js';

export interface TestKey {
  /** PEM. */
  readonly privateKey: string;
  readonly key: KeyObject;
  /** The TXT record that publishes it. */
  readonly record: string;
}

function testKey({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }): TestKey {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const type = publicKey.asymmetricKeyType;
  // RFC 8463 §4: of Ed25519 the bare key.
  const published = (type === 'ed25519' ? der.subarray(-32) : der).toString('base64');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    key: privateKey,
    record: `v=DKIM1; k=${type}; p=${published}`,
  };
}

export const RSA = testKey(generateKeyPairSync('rsa', { modulusLength: 2048 }));
export const ED25519 = testKey(generateKeyPairSync('ed25519'));

export interface SigningBy {
  readonly domain?: string;
  readonly selector?: string;
  readonly key?: TestKey;
  readonly algorithm?: string;
  readonly canonicalization?: string;
  readonly maxBodyLength?: number;
  readonly signTime?: Date;
  readonly expires?: Date;
}

/** Signs by mailauth itself. @returns the message with its signature on top. */
export async function signed(
  message: string,
  {
    domain = 'author.example',
    selector = 's1',
    key = RSA,
    canonicalization = 'relaxed/relaxed',
    ...rest
  }: SigningBy = {},
): Promise<string> {
  const signature = {
    signingDomain: domain,
    selector,
    privateKey: key.privateKey,
    canonicalization,
    ...rest,
  };
  const { signatures, errors } = await dkimSign(Buffer.from(message, 'latin1'), {
    ...signature,
    signatureData: [signature],
  });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return signatures + message;
}

/** A message of this author, all lines ended by CR LF. */
export function messageOf(from: string, body = 'Good morning.\r\n\r\nGood night.\r\n'): string {
  return `From: Ann <${from}>\r\nTo: x@b.example\r\nSubject: A day\r\n of ours\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n\r\n${body}`;
}

/** What mailauth says of each signature: `s1 pass`. @param message an octet a character */
export async function verified(
  message: string,
  records: ConstructorParameters<typeof ScriptedDns>[0],
  now?: number,
): Promise<string[]> {
  const resolver = new ScriptedDns(records).resolve as NonNullable<
    NonNullable<Parameters<typeof dkimVerify>[1]>['resolver']
  >;
  const { results } = await dkimVerify(Buffer.from(message, 'latin1'), {
    resolver,
    ...(now !== undefined && { curTime: new Date(now) }),
  });
  return results.map(({ selector = '', status }) => `${selector} ${status.result}`.trim());
}
