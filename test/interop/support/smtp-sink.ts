import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Background, eventually } from './programs.js';

const NOBODY = 65_534;

/** A message that a sink has taken. */
export interface SunkMessage {
  /** `<you@b.example>` with its parameters. */
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly text: string;
}

/** Postfix's test server: takes mail, or misbehaves as its flags say, and keeps each message that it was sent. */
export class SmtpSink {
  readonly port: number;
  readonly #folder: string;
  readonly #process: Background;

  /** @param folder of its own, for what it takes */
  static async start(folder: string, port: number, flags: readonly string[] = []): Promise<SmtpSink> {
    mkdirSync(folder);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await giveToNobody(folder);
    const sink = new SmtpSink(folder, port, isRoot ? ['-u', 'nobody', ...flags] : flags);
    await eventually(() => sink.#isListening(), `smtp-sink ${flags.join(' ')} listens on ${port}`, 10_000);
    return sink;
  }

  private constructor(folder: string, port: number, flags: readonly string[]) {
    this.#folder = folder;
    this.port = port;
    this.#process = new Background('smtp-sink', [
      ...['-c', '-v', '-d', join(folder, 'mail.'), ...flags],
      ...[`127.0.0.1:${port}`, '100'],
    ]);
  }

  /** What it said and heard. */
  get conversation(): string {
    return this.#process.output;
  }

  /** Whose end of data it has seen, in whatever order. */
  messages(): SunkMessage[] {
    return readdirSync(this.#folder).map((name) => {
      const text = readFileSync(join(this.#folder, name), 'latin1');
      return {
        recipients: [...text.matchAll(/^X-Rcpt-Args: (.*)$/gm)].map(([, args = '']) => args),
        subject: /^Subject: (.*)$/m.exec(text)?.[1] ?? '',
        text,
      };
    });
  }

  async stop(): Promise<void> {
    await this.#process.stop('SIGKILL');
  }

  #isListening(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
  }
}

async function giveToNobody(folder: string): Promise<void> {
  await chown(folder, NOBODY, NOBODY);
  for (let at = join(folder, '..'); at.startsWith('/tmp/'); at = join(at, '..')) await chmod(at, 0o755);
}
