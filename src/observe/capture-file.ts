import type { TraceEvent } from '../circuit/index.js';
import { CaptureEncoder } from './capture.js';
import { FileSink, type FileSinkOptions } from './file-sink.js';
import { type SectionDescription, sectionHeaderBlock } from './pcapng.js';
import type { TracedLink } from './traced-link.js';

export interface CaptureFileOptions extends Omit<FileSinkOptions, 'mode'> {
  readonly section: SectionDescription;
}

/**
 * A capture on its way into a pcapng file: every octet that passes, mail included. Errors are reported once and
 * counted; the links never notice.
 */
export class CaptureFile {
  readonly #encoder = new CaptureEncoder();
  readonly #sink: FileSink;

  constructor(path: string, options: CaptureFileOptions) {
    this.#sink = new FileSink(path, { ...options, mode: 'replace' });
    this.#sink.write(sectionHeaderBlock(options.section), 'always');
  }

  /** Give it one layer of a link, not both: the packets are inside the frames. */
  record(link: TracedLink, event: TraceEvent, comment?: string): void {
    const introduction = this.#encoder.introduce(link);
    if (introduction !== undefined) this.#sink.write(introduction, 'always'); // later packets refer to it
    this.#sink.write(this.#encoder.encode(link, event, comment));
  }

  /** Resolves when all that was recorded is written and the file is closed. */
  close(): Promise<void> {
    return this.#sink.close();
  }

  get counters(): FileSink['counters'] {
    return this.#sink.counters;
  }
}
