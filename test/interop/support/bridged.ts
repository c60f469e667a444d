import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Postfix } from './postfix.js';
import { type Background, freePort } from './programs.js';
import { SerialPair } from './serial.js';
import { NUMBERS, runSite, serialLink, siteToml } from './site.js';

const run = promisify(execFile);

interface Setting {
  /** Keys of the rule by which site b joins the call to Postfix. Absent: it takes the mail in, and sends it on. */
  readonly rule?: string;
  readonly postfix: Record<string, string>;
}

/**
 * A client -> [[bridge]] at site a -> circuit on a pair of pseudo-terminals -> site b -> Postfix, which trusts 127.0.0.1 as
 * a fresh installation does.
 */
export class Bridged {
  bridgePort = 0;
  /** Where site b takes mail by TCP. */
  smtpPort = 0;
  postfix!: Postfix;
  #folder = '';
  #line: SerialPair | undefined;
  readonly #sites: Background[] = [];

  async start({ rule, postfix: settings }: Setting): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'x25mail-bridge-'));
    this.postfix = await Postfix.start(join(this.#folder, 'postfix'), 'site-b.example', {
      inet_protocols: 'all',
      smtpd_relay_restrictions: 'permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination',
      ...settings,
    });
    this.#line = await SerialPair.open(this.#folder);
    this.bridgePort = await freePort();
    this.smtpPort = await freePort();
    const mailboxPort = this.postfix.port;
    const site = async (name: 'a' | 'b', more: string): Promise<string> =>
      siteToml(name, {
        smtpPort: name === 'b' ? this.smtpPort : await freePort(),
        mailboxPort,
        link: serialLink(name, (name === 'a' ? this.#line?.a : this.#line?.b) ?? '', 921_600),
        facilities: '[{ packet_size = 512, window = 7 }]',
        more,
      })
        .replace('[gateway]', '[gateway]\ncaller_network = "fd25::/64"')
        // A circuit may still be clearing when the next client comes.
        .replace('[[peer]]', '[[peer]]\ncalls = { max_circuits = 4 }');
    const bridge = `[[bridge]]\nlisten = "127.0.0.1:${this.bridgePort}"\npeer = "other"\n`;
    const incoming = `[[incoming]]
link = "line"
calling = "${NUMBERS.a}"
action = "bridge"
smtp = "127.0.0.1:${mailboxPort}"
${rule}`;
    this.#sites.push(await runSite(this.#folder, 'b', await site('b', rule === undefined ? '' : incoming)));
    this.#sites.push(await runSite(this.#folder, 'a', await site('a', bridge)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#sites.map((site) => site.stop()));
    await this.#line?.close();
    await this.postfix?.stop().catch(() => {}); // a test has stopped it
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** One dialogue by swaks. @returns what was said, whatever came of it. */
  async say(port: number, ...more: string[]): Promise<string> {
    const args = ['--server', `127.0.0.1:${port}`, '--from', 'me@site-a.example', '--timeout', '30', ...more];
    return run('swaks', args).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    );
  }
}

/** Says each line after the last reply to the one before. @returns all replies, when the server has hung up. */
export function dialogue(port: number, lines: readonly string[]): Promise<string> {
  return converse(connect(port, '127.0.0.1'), lines);
}

/** As `dialogue`, on a connection that is there. */
export async function converse(socket: Socket, lines: readonly string[]): Promise<string> {
  socket.setEncoding('latin1');
  let said = '';
  for await (const text of socket) {
    said += text;
    if (!/(?:^|\n)\d\d\d .*\r\n$/.test(said)) continue;
    const [line] = lines;
    lines = lines.slice(1);
    if (line !== undefined) socket.write(line);
  }
  return said;
}
