import { type Clock, describeError, RecentMap } from '../../core/index.js';
import type { ResolveDns } from '../authentication/index.js';
import type { FetchStsPolicy } from './fetch-policy.js';
import { idOfPolicy, parseStsPolicy, type StsPolicy } from './policy.js';
import type { KeptPolicies, PolicyStore } from './policy-file.js';

export interface StsPoliciesOptions {
  readonly clock: Clock;
  readonly resolve: ResolveDns;
  readonly fetch: FetchStsPolicy;
  readonly store: PolicyStore;
  readonly onProblem: (problem: string) => void;
}

interface Known {
  readonly id?: string;
  readonly policy?: StsPolicy;
  /** Until when the policy counts, wall time. */
  readonly until: number;
  /** Before then nobody is asked, wall time. */
  readonly askAt: number;
}

/** RFC 8461 §3.3: so long at least between two attempts to fetch. */
const ASK_AGAIN_MS = 5 * 60_000;

/** Strangers choose domains. */
const MOST_DOMAINS = 1_000;

const NOTHING: Known = { until: 0, askAt: 0 };

/**
 * Policies of domains that want their mail to go to servers which prove that they are theirs (RFC 8461), remembered for as
 * long as they say: once one is known, whoever stands between can't take it back by keeping DNS or HTTPS from us.
 */
export class StsPolicies {
  readonly #options: StsPoliciesOptions;
  /** In the order in which they were asked for last. */
  readonly #known = new RecentMap<string, Known>(MOST_DOMAINS);
  readonly #asked = new Map<string, Promise<Known>>();
  readonly #read: Promise<void>;
  #writing: Promise<void> = Promise.resolve();
  #mustWrite = false;

  constructor(options: StsPoliciesOptions) {
    this.#options = options;
    this.#read = this.#readKept();
  }

  /** @param domain in ASCII. @returns the policy that binds us, if any. Never rejects. */
  async find(domain: string): Promise<StsPolicy | undefined> {
    await this.#read;
    const { policy, until } = await this.#current(domain);
    return policy?.mode === 'enforce' && this.#now() < until ? policy : undefined;
  }

  /** What is known is written down. */
  async stop(): Promise<void> {
    await this.#read;
    await this.#writing;
  }

  #current(domain: string): Known | Promise<Known> {
    const known = this.#known.get(domain) ?? NOTHING;
    if (this.#now() < known.askAt) return known;
    const asked = this.#asked.get(domain) ?? this.#ask(domain, known);
    this.#asked.set(domain, asked);
    return asked;
  }

  async #ask(domain: string, before: Known): Promise<Known> {
    const id = await this.#idOf(domain);
    const isNew = id !== undefined && (id !== before.id || before.until <= this.#now());
    const known = (isNew && (await this.#fetch(domain, id))) || before;
    const next = { ...known, askAt: this.#now() + ASK_AGAIN_MS };
    this.#known.put(domain, next);
    this.#asked.delete(domain);
    if (known !== before) this.#keep();
    return next;
  }

  /** Nobody who can't tell makes a policy invalid that is known already. */
  async #idOf(domain: string): Promise<string | undefined> {
    try {
      return idOfPolicy((await this.#options.resolve(`_mta-sts.${domain}`, 'TXT')) as string[][]);
    } catch {
      return undefined;
    }
  }

  async #fetch(domain: string, id: string): Promise<Known | undefined> {
    try {
      const policy = parseStsPolicy(await this.#options.fetch(domain));
      return { id, policy, until: this.#now() + policy.maxAgeMs, askAt: 0 };
    } catch (error) {
      this.#options.onProblem(`MTA-STS policy of ${domain} can't be had: ${describeError(error)}`);
      return undefined;
    }
  }

  async #readKept(): Promise<void> {
    const { kept, problem } = await this.#options.store.read();
    if (problem !== undefined) this.#options.onProblem(problem);
    for (const [domain, { id, until, ...policy }] of Object.entries(kept?.domains ?? {}))
      this.#known.put(domain, { id, policy, until: Date.parse(until), askAt: 0 });
  }

  /** One writing at a time; what changes meanwhile is in the next. */
  #keep(): void {
    if (this.#mustWrite) return;
    this.#mustWrite = true;
    this.#writing = this.#writing.then(async () => {
      this.#mustWrite = false;
      try {
        await this.#options.store.write(this.#kept());
      } catch (error) {
        this.#options.onProblem(`MTA-STS policies can't be written down: ${describeError(error)}`);
      }
    });
  }

  #kept(): KeptPolicies {
    const now = this.#now();
    const domains: KeptPolicies['domains'] = {};
    for (const [domain, { id, policy, until }] of this.#known)
      if (id !== undefined && policy !== undefined && until > now)
        domains[domain] = { id, until: new Date(until).toISOString(), ...policy, mx: [...policy.mx] };
    return { version: 1, domains };
  }

  #now(): number {
    return this.#options.clock.wallTime();
  }
}
