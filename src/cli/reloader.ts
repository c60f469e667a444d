import {
  type Configuration,
  type ConfigurationResult,
  formatProblem,
  loadConfiguration,
} from '../config/index.js';
import type { WatchedGateway } from '../console/index.js';
import { describeError } from '../core/index.js';
import { type Logger, traceTo } from '../observe/index.js';

export interface ReloaderOptions {
  readonly file: string;
  readonly gateway: Pick<WatchedGateway, 'tracedLinks' | 'watch'> & {
    reload(configuration: Configuration): readonly string[];
  };
  readonly log: Logger;
  /** Default: from the disk. */
  readonly load?: (file: string) => ConfigurationResult;
}

/** What became of a new configuration, in words. */
export type ReloadResult =
  | { readonly ok: true; readonly warnings: readonly string[]; readonly needsRestart: readonly string[] }
  /** All that is wrong; nothing has changed. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the configuration of a running gateway again; a bad one is refused, and the old one stays. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #stopTracing: (() => void) | undefined;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#followLevel();
  }

  /** Never throws. */
  reload(): ReloadResult {
    const { file, gateway, log, load = loadConfiguration } = this.#options;
    const result = load(file);
    if (!result.ok) return this.#refused(result.problems.map(formatProblem));
    let needsRestart: readonly string[];
    try {
      needsRestart = gateway.reload(result.configuration);
    } catch (error) {
      return this.#refused([describeError(error)]);
    }
    log.level = result.configuration.log.level;
    this.#followLevel();
    const warnings = result.warnings.map(formatProblem);
    for (const warning of warnings) log.warn(warning);
    log.info(`${file} counts from now on`);
    for (const what of needsRestart) log.warn(`needs a restart: ${what}`);
    return { ok: true, warnings, needsRestart };
  }

  #refused(problems: readonly string[]): ReloadResult {
    for (const problem of problems) this.#options.log.error(problem);
    this.#options.log.error('the new configuration is refused: the old one goes on');
    return { ok: false, problems };
  }

  /** At level trace: a line for each frame, or packet where there are no frames. */
  #followLevel(): void {
    const { gateway, log } = this.#options;
    const isTracing = log.isLevelEnabled('trace');
    if (isTracing === (this.#stopTracing !== undefined)) return;
    this.#stopTracing?.();
    this.#stopTracing = undefined;
    if (!isTracing) return;
    const logs = new Map(gateway.tracedLinks.map(({ name }) => [name, log.child({ link: name })]));
    this.#stopTracing = gateway.watch((link, event) => traceTo(logs.get(link.name) ?? log, link)(event));
  }
}
