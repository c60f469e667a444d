import type { TraceEvent } from '../circuit/index.js';
import type { TraceWatcher } from '../console/index.js';
import { channelIn, type TracedLink } from '../observe/index.js';

export interface TraceWatchersOptions {
  readonly linkNamed: (name: string) => TracedLink | undefined;
  readonly circuitOn: (link: string, channel: number) => string | undefined;
}

/** Who looks at what passes the links now. Links ask `isWanted` first, so that it costs nothing while nobody does. */
export class TraceWatchers {
  readonly #options: TraceWatchersOptions;
  readonly #watchers = new Set<TraceWatcher>();

  constructor(options: TraceWatchersOptions) {
    this.#options = options;
  }

  get isWanted(): boolean {
    return this.#watchers.size > 0;
  }

  /** @returns what ends it. */
  add(watcher: TraceWatcher): () => void {
    const own: TraceWatcher = (...what) => watcher(...what);
    this.#watchers.add(own);
    return () => void this.#watchers.delete(own);
  }

  note(name: string, event: TraceEvent): void {
    const link = this.#options.linkNamed(name);
    if (link === undefined) return;
    const channel = channelIn(link, event);
    const circuit = channel === undefined ? undefined : this.#options.circuitOn(name, channel);
    for (const watcher of this.#watchers) watcher(link, event, circuit);
  }
}
