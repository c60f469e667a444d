import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Postfix } from './support/postfix.js';
import { Background, eventually, freePort, missing, titleWith } from './support/programs.js';
import { SerialPair } from './support/serial.js';
import { runSite, type SiteName, serialLink, siteToml } from './support/site.js';

const run = promisify(execFile);
const absent = missing('socat', 'postfix', 'swaks', 'smtp-source');

interface Line {
  readonly a: string;
  readonly b: string;
  close(): Promise<void>;
}

/** Two sites on one line, as a DTE and a DCE; mail for either domain ends in Postfix. */
function toml(name: SiteName, path: string, smtpPort: number, postfixPort: number): string {
  return siteToml(name, {
    smtpPort,
    mailboxPort: postfixPort,
    link: serialLink(name, path, 230_400),
    facilities: '[{ packet_size = 512, window = 7 }]',
    more: `[log]\ncalls = "calls-${name}.jsonl"\n`,
  });
}

function suite(title: string, openLine: (folder: string) => Promise<Line>): void {
  describe.skipIf(absent.length > 0)(titleWith(title, absent), () => {
    let folder: string;
    let line: Line;
    let postfix: Postfix;
    const sites: Background[] = [];
    const ports: number[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'x25mail-serial-'));
      postfix = await Postfix.start(join(folder, 'postfix'), 'site-b.example', {
        virtual_mailbox_domains: 'site-a.example, site-b.example',
      });
      line = await openLine(folder);
      for (const name of ['a', 'b'] as const) {
        const port = await freePort();
        ports.push(port);
        sites.push(await runSite(folder, name, toml(name, line[name], port, postfix.port)));
      }
    });

    afterAll(async () => {
      await Promise.all(sites.map((site) => site.stop()));
      await line?.close();
      await postfix?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const messagesWith = async (text: string): Promise<string[]> =>
      (await postfix.messages()).filter((message) => message.includes(text));

    test('swaks at A, Postfix behind B', async () => {
      await run('swaks', [
        ...['--server', `127.0.0.1:${ports[0]}`, '--from', 'me@site-a.example', '--to', 'you@site-b.example'],
        ...['--header', 'Subject: over the line', '--body', '.\n..dots\nf\u00fcnf'],
      ]);
      await eventually(
        async () => (await messagesWith('over the line')).length === 1,
        'the message in the mailbox',
      );
      const [message = ''] = await messagesWith('over the line');
      expect(message).toMatch(/^\.\n\.\.dots\nf\xc3\xbcnf\n/m);
      expect(message).toMatch(
        /Received: from gw-a\.example \(X\.25 23421000001 on line\)\n\tby gw-b\.example via X25/,
      );
    });

    test('smtp-source at B, many messages, Postfix behind A', async () => {
      await run('smtp-source', [
        ...['-m', '20', '-s', '4', '-l', '5000', '-S', 'from the other side'],
        ...['-f', 'you@site-b.example', '-t', 'me@site-a.example', `127.0.0.1:${ports[1]}`],
      ]);
      await eventually(
        async () => (await messagesWith('from the other side')).length === 20,
        'twenty messages',
      );
    });

    test('ends in order on SIGTERM, with status 0', async () => {
      for (const site of sites.splice(0)) {
        expect(await site.stop()).toEqual({ code: 0, signal: null });
        expect(site.output).toContain('stopped');
      }
    });
  });
}

suite('mail over two serial ports', (folder) => SerialPair.open(folder));

suite('mail over serial device servers', async (folder) => {
  // What such a server is: a serial port on one side, TCP on the other.
  const pair = await SerialPair.open(folder);
  const serve = async (path: string): Promise<{ address: string; server: Background }> => {
    const port = await freePort();
    const server = new Background('socat', [
      '-d',
      '-d',
      `tcp-listen:${port},bind=127.0.0.1,reuseaddr`,
      `file:${path},raw,echo=0`,
    ]);
    await server.says(/listening on/);
    return { address: `tcp://127.0.0.1:${port}`, server };
  };
  const [a, b] = [await serve(pair.a), await serve(pair.b)];
  return {
    a: a.address,
    b: b.address,
    close: async () => {
      await Promise.all([a.server.stop(), b.server.stop()]);
      await pair.close();
    },
  };
});
