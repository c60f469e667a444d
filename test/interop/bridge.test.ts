import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Postfix } from './support/postfix.js';
import { type Background, eventually, freePort, missing, titleWith } from './support/programs.js';
import { SerialPair } from './support/serial.js';
import { NUMBERS, runSite, serialLink, siteToml } from './support/site.js';

const run = promisify(execFile);
const absent = missing('socat', 'postfix', 'swaks', 'smtp-source');

/** The calling number in Postfix's eyes, in the network fd25::/64. */
const CALLER = 'fd25::2342:1000:1f:fffb';

interface Setting {
  /** Keys of the rule at the called site. */
  readonly rule: string;
  readonly postfix: Record<string, string>;
}

/**
 * smtp-source or swaks -> [[bridge]] at site a -> circuit on a pair of pseudo-terminals -> action "bridge" at site b ->
 * Postfix, which trusts 127.0.0.1 as a fresh installation does.
 */
class Bridged {
  bridgePort = 0;
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
    const mailboxPort = this.postfix.port;
    const site = async (name: 'a' | 'b', more: string): Promise<string> =>
      siteToml(name, {
        smtpPort: await freePort(),
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
    this.#sites.push(await runSite(this.#folder, 'b', await site('b', incoming)));
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
async function dialogue(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
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

const relaying = ['--to', 'stranger@elsewhere.example', '--quit-after', 'RCPT'];

describe.skipIf(absent.length > 0)(
  titleWith('a bridge to Postfix, told by XCLIENT who calls', absent),
  () => {
    const bridged = new Bridged();
    beforeAll(() => bridged.start({ rule: '', postfix: { smtpd_authorized_xclient_hosts: '127.0.0.1' } }));
    afterAll(() => bridged.stop());

    test('a load from smtp-source arrives, every message once', async () => {
      const to = 'you@site-b.example';
      await run('smtp-source', [
        ...['-m', '50', '-s', '1', '-d', '-l', '4096', '-f', 'me@site-a.example', '-t', to],
        `127.0.0.1:${bridged.bridgePort}`,
      ]);
      await eventually(async () => (await bridged.postfix.messages()).length === 50, '50 messages');
      const [first] = await bridged.postfix.messages();
      expect(first).toMatch(new RegExp(`^Received: from .*\\(unknown \\[IPv6:${CALLER}\\]\\)$`, 'm'));
    });

    test('a message of all kinds of lines is the same there', async () => {
      const body = ['.', '..', '.x', 'From me', '\u00e4\u00f6\u00fc \u20ac', 'x'.repeat(998), '', 'end'].join(
        '\n',
      );
      await bridged.say(
        bridged.bridgePort,
        '--to',
        'you@site-b.example',
        '--body',
        body,
        '--h-Subject',
        'kinds',
      );
      let arrived: string | undefined;
      await eventually(async () => {
        arrived = (await bridged.postfix.messages()).find((message) => message.includes('Subject: kinds'));
        return arrived !== undefined;
      }, 'the message');
      const text = Buffer.from(arrived ?? '', 'latin1').toString();
      expect(text.slice(text.indexOf('\n\n') + 2).trimEnd()).toBe(body);
    });

    test('the caller can not relay, although Postfix trusts this machine', async () => {
      expect(await bridged.say(bridged.postfix.port, ...relaying)).toMatch(/<- {2}250 2\.1\.5 Ok/);
      expect(await bridged.say(bridged.bridgePort, ...relaying)).toMatch(
        /<\*\* 554 5\.7\.1 .*Relay access denied/,
      );
    });

    test('nobody can say XCLIENT through the bridge', async () => {
      const said = await dialogue(bridged.bridgePort, [
        'EHLO me\r\n',
        'XCLIENT ADDR=127.0.0.1\r\n',
        'QUIT\r\n',
      ]);
      expect(said).not.toMatch(/^250.XCLIENT/m);
      expect(said).toMatch(/^502 5\.5\.1 /m);
    });

    test('a Postfix that is down costs no call: the client hears why', async () => {
      await bridged.postfix.stop();
      const said = await bridged.say(bridged.bridgePort, '--quit-after', 'HELO');
      expect(said).toMatch(/<\*\* 421 4\.4\.\d .*\(00\/F4\)/);
    });
  },
);

describe.skipIf(absent.length > 0)(
  titleWith('a bridge to Postfix, told by the PROXY protocol', absent),
  () => {
    const bridged = new Bridged();
    beforeAll(() =>
      bridged.start({ rule: 'identify = "proxy"', postfix: { smtpd_upstream_proxy_protocol: 'haproxy' } }),
    );
    afterAll(() => bridged.stop());

    test('mail arrives from the address of the caller, and nothing is relayed', async () => {
      expect(await bridged.say(bridged.bridgePort, ...relaying)).toMatch(
        /<\*\* 554 5\.7\.1 .*Relay access denied/,
      );
      await bridged.say(bridged.bridgePort, '--to', 'you@site-b.example');
      await eventually(async () => (await bridged.postfix.messages()).length === 1, 'the message');
      expect((await bridged.postfix.messages())[0]).toContain(`[IPv6:${CALLER}]`);
    });
  },
);

describe.skipIf(absent.length > 0)(
  titleWith('a bridge to Postfix for a caller who may relay', absent),
  () => {
    const bridged = new Bridged();
    beforeAll(() =>
      bridged.start({
        rule: 'relay = true',
        postfix: { smtpd_authorized_xclient_hosts: '127.0.0.1', smtpd_sasl_auth_enable: 'yes' },
      }),
    );
    afterAll(() => bridged.stop());

    test('the number is its login, and Postfix relays for it', async () => {
      expect(await bridged.say(bridged.bridgePort, ...relaying)).toMatch(/<- {2}250 2\.1\.5 Ok/);
      expect(await bridged.postfix.log()).toContain(`sasl_username=${NUMBERS.a}`);
    });
  },
);
