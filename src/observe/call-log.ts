import type { CallRecord } from './call-record.js';
import { FileSink, type FileSinkOptions } from './file-sink.js';

/** The file of call records: one JSON object per line, appended, each line in one write. */
export class CallLog {
  readonly #sink: FileSink;

  constructor(path: string, options: Omit<FileSinkOptions, 'mode'>) {
    this.#sink = new FileSink(path, { ...options, mode: 'append' });
  }

  write(record: CallRecord): void {
    this.#sink.write(new TextEncoder().encode(`${JSON.stringify(record)}\n`));
  }

  /** Resolves when all records are written. */
  close(): Promise<void> {
    return this.#sink.close();
  }

  get counters(): FileSink['counters'] {
    return this.#sink.counters;
  }
}
