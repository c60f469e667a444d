import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Background } from './programs.js';

/** Two pseudo-terminals joined back to back, as a null modem cable joins two ports. */
export class SerialPair {
  readonly a: string;
  readonly b: string;
  readonly #socat: Background;

  static async open(folder: string): Promise<SerialPair> {
    const pair = new SerialPair(folder);
    await pair.#socat.says(/starting data transfer loop/);
    return pair;
  }

  private constructor(folder: string) {
    this.a = join(folder, 'tty-a');
    this.b = join(folder, 'tty-b');
    this.#socat = new Background('socat', [
      '-d',
      '-d',
      `pty,raw,echo=0,link=${this.a}`,
      `pty,raw,echo=0,link=${this.b}`,
    ]);
  }

  async close(): Promise<void> {
    await this.#socat.stop();
  }
}

/** A serial device server with a null modem cable: joins the two that connect, as a line does. */
export async function openTcpLine(): Promise<{ readonly server: Server; readonly port: number }> {
  const ends: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    ends.push(socket);
    if (ends.length !== 2) return;
    ends[0]?.pipe(ends[1] as Socket).pipe(ends[0]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}
