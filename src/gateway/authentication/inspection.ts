import { type Clock, describeError } from '../../core/index.js';
import type { Standing } from '../../routing/index.js';
import type { EnhancedReply } from '../../smtp/index.js';
import { authenticationResults } from './authentication-results.js';
import type { DkimSigner, Signing } from './dkim-signer.js';
import { ForgedResults } from './forged-results.js';
import type { ResolveDns } from './limited-dns.js';
import { type CheckedMail, type CheckReport, MailCheck } from './mail-check.js';

export interface InspectorOptions {
  readonly hostname: string;
  /** off: no message is checked; note: and what was found is noted; enforce: and what the author's domain wants is done. */
  readonly checks: 'off' | 'note' | 'enforce';
  readonly dnsMs: number;
  readonly resolve: ResolveDns;
  readonly clock: Clock;
  /** Absent: nothing is signed. */
  readonly signer?: DkimSigner;
}

/** Who hands in a message. */
export interface Submission extends Omit<CheckedMail, 'address'> {
  readonly standing: Standing;
  /** IP address of the client; absent on a circuit, where SPF has nothing to go by. */
  readonly address?: string;
}

export interface Inspected {
  /** The end of what is to be stored, that was held back. */
  readonly rest: Uint8Array;
  /** Header fields to be put above the message. */
  readonly top: string;
  readonly refusal?: EnhancedReply;
  /** Why it is to be kept until somebody releases it. */
  readonly hold?: string;
  readonly problem?: string;
}

/** Looks at what strangers send, and signs what our own people send. */
export class Inspector {
  readonly #options: InspectorOptions;

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  /** Signs what is sent by the gateway itself; absent: nothing is signed. */
  get signer(): DkimSigner | undefined {
    return this.#options.signer;
  }

  /** @returns undefined when nothing is to be done with the message. */
  begin({ standing, address, hello, sender }: Submission): Inspection | undefined {
    const { checks, hostname, resolve, clock, dnsMs, signer } = this.#options;
    const isChecked = checks !== 'off' && standing === 'stranger' && address !== undefined;
    // RFC 8601 §5: of another server of ours such a field may come, of its users not.
    const forged = checks !== 'off' && standing !== 'trusted' ? new ForgedResults(hostname) : undefined;
    const check = isChecked
      ? new MailCheck({ mail: { address, hello, sender }, hostname, resolve, clock, dnsMs })
      : undefined;
    const signing = standing === 'stranger' ? undefined : signer?.begin();
    if (forged === undefined && signing === undefined) return undefined;
    return new Inspection({ hostname, enforces: checks === 'enforce', forged, check, signing });
  }
}

interface Parts {
  readonly hostname: string;
  readonly enforces: boolean;
  readonly forged: ForgedResults | undefined;
  readonly check: MailCheck | undefined;
  readonly signing: Signing | undefined;
}

const NOTHING = new Uint8Array(0);

/** What is done with one message beside storing it. */
export class Inspection {
  readonly #parts: Parts;
  /** What went wrong with the check: no fault of the message, which is taken. */
  #trouble: string | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Resolves when more may come, with what is to be stored. Never rejects. */
  async pass(octets: Uint8Array): Promise<Uint8Array> {
    const { forged, check, signing } = this.#parts;
    if (this.#trouble === undefined) await check?.pass(octets).catch((error) => this.#give(error));
    const passed = forged?.pass(octets) ?? octets;
    signing?.pass(passed);
    return passed;
  }

  /** Of a message that goes on: what an earlier session has stored of it. Comes before the rest. */
  passedBefore(octets: Uint8Array): void {
    const { forged, signing } = this.#parts;
    forged?.passedBefore(octets);
    signing?.pass(octets);
  }

  /** The message is whole. Never rejects. */
  async end(): Promise<Inspected> {
    const { forged, signing } = this.#parts;
    const rest = forged?.end() ?? NOTHING;
    signing?.pass(rest);
    const signed = await signing?.end();
    const report = await this.#report();
    const unsigned = signed?.problem === undefined ? undefined : `not signed: ${signed.problem}`;
    const unchecked = this.#trouble === undefined ? undefined : `not checked: ${this.#trouble}`;
    const problem = unsigned ?? unchecked;
    return {
      rest,
      top: signed?.top ?? '',
      ...(report !== undefined && this.#judged(report)),
      ...(problem !== undefined && { problem }),
    };
  }

  abandon(): void {
    this.#parts.check?.abandon();
  }

  #judged({ results, wanted }: CheckReport): Pick<Inspected, 'top' | 'refusal' | 'hold'> {
    const { hostname, enforces } = this.#parts;
    const top = authenticationResults(hostname, results);
    if (!enforces || wanted === undefined) return { top };
    return wanted.action === 'reject'
      ? { top, refusal: { code: 550, status: '5.7.1', text: wanted.reason } }
      : { top, hold: wanted.reason };
  }

  async #report(): Promise<CheckReport | undefined> {
    if (this.#trouble !== undefined) return undefined;
    try {
      return await this.#parts.check?.end();
    } catch (error) {
      this.#give(error);
      return undefined;
    }
  }

  #give(error: unknown): void {
    this.#trouble = describeError(error);
    this.#parts.check?.abandon();
  }
}
