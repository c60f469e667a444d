import { createHash, sign as signWith } from 'node:crypto';
import { promisify } from 'node:util';
import { type Clock, describeError } from '../../core/index.js';
import type { DkimKey } from './dkim-key.js';
import { authorDomains, HeaderSection } from './header-section.js';
import { RelaxedBodyHash } from './relaxed-body.js';
import {
  relaxed,
  type SignedFields,
  signatureField,
  signatureStart,
  signedFields,
} from './signature-field.js';

/** Off the main thread, which has sessions to serve. */
const signAside = promisify(signWith);

export interface Signed {
  /** DKIM-Signature fields, CR LF; empty: it is not to be signed. */
  readonly top: string;
  /** Why it is not signed and should be. */
  readonly problem?: string;
}

/** Signs messages by the domain of their author (RFC 6376; Ed25519: RFC 8463), one signature for each key of it. */
export class DkimSigner {
  readonly #keys: readonly DkimKey[];
  readonly #clock: Pick<Clock, 'wallTime'>;

  constructor(keys: readonly DkimKey[], clock: Pick<Clock, 'wallTime'>) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** Of a message that streams by. @param time when it says that it was signed: seconds since 1970. */
  begin(time = Math.floor(this.#clock.wallTime() / 1000)): Signing {
    return new Signing(this.#keys, time);
  }

  /** Of a message that is at hand. Never rejects. */
  sign(octets: Uint8Array): Promise<Signed> {
    const signing = this.begin();
    signing.pass(octets);
    return signing.end();
  }
}

/** One message on its way to be signed. */
export class Signing {
  readonly #allKeys: readonly DkimKey[];
  readonly #time: number;
  readonly #header = new HeaderSection();
  /** Undefined until the header is over. */
  #keys: readonly DkimKey[] | undefined;
  #body: RelaxedBodyHash | undefined;

  constructor(keys: readonly DkimKey[], time: number) {
    this.#allKeys = keys;
    this.#time = time;
  }

  pass(octets: Uint8Array): void {
    const body = this.#header.pass(octets);
    if (!this.#header.isOver) return;
    this.#keys ??= this.#chosen();
    if (this.#keys.length === 0 || this.#header.isTooLong) return;
    this.#body ??= new RelaxedBodyHash();
    this.#body.pass(body);
  }

  /** Never rejects. */
  async end(): Promise<Signed> {
    const keys = this.#keys ?? this.#chosen();
    if (keys.length === 0) return { top: '' };
    if (this.#header.isTooLong) return { top: '', problem: 'the header is too long' };
    const bodyHash = (this.#body ?? new RelaxedBodyHash()).digest();
    const header = signedFields(this.#header.fields());
    try {
      const fields = await Promise.all(keys.map((key) => this.#field(key, header, bodyHash)));
      return { top: fields.join('') };
    } catch (error) {
      return { top: '', problem: describeError(error) };
    }
  }

  /** RFC 6376 §5.1: who signs answers for the message; for what names authors elsewhere as well, nobody here does. */
  #chosen(): readonly DkimKey[] {
    const fields = this.#header.fields();
    const [author, ...others] = authorDomains(fields);
    const isOne = others.length === 0 && fields.filter(({ name }) => name === 'from').length === 1;
    return isOne ? this.#allKeys.filter(({ domain }) => domain === author) : [];
  }

  async #field(
    { domain, selector, privateKey }: DkimKey,
    { names, text }: SignedFields,
    bodyHash: string,
  ): Promise<string> {
    const isRsa = privateKey.asymmetricKeyType === 'rsa';
    const algorithm = isRsa ? 'rsa-sha256' : 'ed25519-sha256';
    const start = signatureStart({ algorithm, domain, selector, time: this.#time, names, bodyHash });
    const signed = Buffer.from(text + relaxed(start), 'latin1');
    // RFC 8463 §3: Ed25519 signs the hash.
    const signature = isRsa
      ? await signAside('sha256', signed, privateKey)
      : await signAside(null, createHash('sha256').update(signed).digest(), privateKey);
    return signatureField(start, signature.toString('base64'));
  }
}
