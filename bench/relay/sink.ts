import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../test/interop/support/programs.js';

const LOOK_EVERY_MS = 5;
/** More than the last count that smtp-sink wrote. */
const TAIL = 128;
const PATIENCE_MS = 120_000;

/** Postfix's smtp-sink, which counts what arrives. Its counts go to a file: a pipe would wake us for every message. */
export class Sink {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #output: number;

  static async start(file: string): Promise<Sink> {
    const sink = new Sink(file, await freePort());
    while (!(await answers(sink.port))) await pause(20);
    return sink;
  }

  private constructor(file: string, port: number) {
    this.port = port;
    this.#output = openSync(file, 'w+');
    // Behind the connections of 100 sessions at once there is room for as many again.
    this.#process = spawn('smtp-sink', ['-c', '-u', 'nobody', `127.0.0.1:${port}`, '1000'], {
      stdio: ['ignore', this.#output, 'inherit'],
    });
  }

  /** Messages that have arrived so far. */
  get count(): number {
    const tail = Buffer.alloc(TAIL);
    const { size } = fstatSync(this.#output);
    const read = readSync(this.#output, tail, 0, TAIL, Math.max(0, size - TAIL));
    const counts = [...tail.toString('latin1', 0, read).matchAll(/mesg=\s*(\d+)/g)];
    return Number(counts.at(-1)?.[1] ?? 0);
  }

  /** Resolves when so many have arrived. */
  async holds(count: number): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (this.count < count) {
      if (performance.now() > end) throw new Error(`smtp-sink: ${this.count} of ${count} messages arrived`);
      await pause(LOOK_EVERY_MS);
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
    closeSync(this.#output);
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isThere = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isThere;
}
