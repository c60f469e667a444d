/** Both ends of what is asked of a server that runs as a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface Usage {
  /** Of the whole process so far, microseconds. */
  readonly cpu: number;
  /** What is alive after a collection (`--expose-gc`): heap and the octets of buffers. */
  readonly heap: number;
  readonly buffers: number;
}

type Said = { readonly port: number } | { readonly usage: Usage };

/** In the server's process: tells its port, answers from then on, and ends when it is told to. */
export function answerQuestions(port: number, stop: () => Promise<void> | void): void {
  // tsx turns them on, and then every error that a broken connection brings costs as much as a message.
  process.setSourceMapsEnabled(false);
  const say = (said: Said): void => void process.send?.(said);
  process.on('message', (asked) => {
    if (asked === 'usage') say({ usage: usage() });
  });
  process.once('SIGTERM', () => void Promise.resolve(stop()).then(() => process.exit(0)));
  say({ port });
}

function usage(): Usage {
  // Buffers are counted until a thread beside has swept them; the second collection waits for it.
  globalThis.gc?.();
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { cpu: user + system, heap: heapUsed, buffers: arrayBuffers };
}

/** A server in a process of its own. */
export class ServerProcess {
  readonly port: number;
  readonly #process: ChildProcess;

  static async start(script: URL, args: readonly string[] = [], flags: readonly string[] = []) {
    const child = fork(script, args, { execArgv: ['--import', 'tsx', ...flags] });
    const [said] = (await once(child, 'message')) as [{ port: number }];
    return new ServerProcess(child, said.port);
  }

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  async usage(): Promise<Usage> {
    const answer = once(this.#process, 'message') as Promise<[{ usage: Usage }]>;
    this.#process.send('usage');
    return (await answer)[0].usage;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
  }
}
