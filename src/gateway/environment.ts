import { join } from 'node:path';
import type { TraceEvent } from '../circuit/index.js';
import type { Configuration } from '../config/index.js';
import { type Clock, SystemClock } from '../core/index.js';
import { type LookUp, type LookUpMx, lookUpMx, lookUpName } from '../line/index.js';
import type { Spool } from '../spool/index.js';
import { type ResolveDns, systemDns } from './authentication/index.js';
import { type SpendingStore, spendingFile, spendingInMemory } from './budget-file.js';
import type { Observe } from './events.js';
import { keptInMemory } from './kept-file.js';
import { type OpenLine, openConfiguredLine } from './links.js';
import { type FetchStsPolicy, fetchStsPolicy, type PolicyStore, policyFile } from './mta-sts/index.js';
import { openConfiguredSpool } from './open-configured-spool.js';
import { type Connect, connectByTcp } from './smtp-transport.js';

/** What a gateway takes from its surroundings; tests and the demonstration put other things there. */
export interface Environment {
  readonly clock?: Clock;
  /** Default: the serial port or serial device server that the configuration names. */
  readonly openLine?: OpenLine;
  readonly observe?: Observe;
  /** Sees every frame and packet of every link. */
  readonly trace?: (link: string, event: TraceEvent) => void;
  /** Connects to an SMTP host. Default: by TCP. */
  readonly connect?: Connect;
  /** Finds the addresses of routers that are given by name, and of mail servers. Default: the file of hosts, then DNS. */
  readonly lookUp?: LookUp;
  /** Finds the mail servers of a domain. Default: DNS. */
  readonly lookUpMx?: LookUpMx;
  /** Asks DNS for SPF, DKIM, DMARC and MTA-STS. Default: the name servers of this machine. */
  readonly resolve?: ResolveDns;
  /** Fetches what a domain says of its mail servers (MTA-STS). Default: by HTTPS. */
  readonly fetchPolicy?: FetchStsPolicy;
  /** Where that is kept. Default: a file in the configured directory; beside another spool, nothing is kept. */
  readonly policies?: PolicyStore;
  /** Default: the durable spool in the configured directory. */
  readonly openSpool?: () => Promise<Spool>;
  /** What was spent on calls. Default: a file in the configured directory; beside another spool, nothing is kept. */
  readonly spending?: SpendingStore;
  /** 0 up to, not including, 1. */
  readonly random?: () => number;
}

/** All of it, but for who need not be there. */
export type Surroundings = Required<Omit<Environment, 'trace'>> & Pick<Environment, 'trace'>;

/** In the directory of the spool. */
const SPENDING_FILE = 'budgets.json';
const POLICIES_FILE = 'mta-sts.json';

export function surroundingsOf(environment: Environment, configuration: Configuration): Surroundings {
  const { clock = new SystemClock(), observe = () => {}, openSpool } = environment;
  const { spool } = configuration.gateway;
  return {
    openLine: openConfiguredLine,
    connect: connectByTcp,
    lookUp: lookUpName,
    lookUpMx,
    resolve: systemDns,
    random: Math.random,
    openSpool: () => openConfiguredSpool(configuration, clock, observe),
    fetchPolicy: fetchStsPolicy,
    policies: openSpool === undefined ? policyFile(join(spool, POLICIES_FILE)) : keptInMemory(),
    spending: openSpool === undefined ? spendingFile(join(spool, SPENDING_FILE)) : spendingInMemory(),
    ...environment,
    clock,
    observe,
  };
}
