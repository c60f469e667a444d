import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually, freePort, greets, idOf } from './programs.js';

const run = promisify(execFile);
const NOBODY = 65_534;

/** A Postfix of its own: everything in one folder, mail for one domain into a maildir. Needs root, as Postfix does. */
export class Postfix {
  readonly port: number;
  readonly #folder: string;

  static async start(
    folder: string,
    domain: string,
    settings: Record<string, string> = {},
  ): Promise<Postfix> {
    const isBehindProxy = settings.smtpd_upstream_proxy_protocol === 'haproxy';
    const preface = isBehindProxy ? 'PROXY TCP4 127.0.0.1 127.0.0.1 4321 25\r\n' : '';
    // Somebody else may take a free port before Postfix does, and its master then ends.
    for (let tries = 1; ; tries++) {
      const postfix = new Postfix(folder, await freePort());
      await postfix.#configure(domain, settings);
      try {
        await run('postfix', ['-c', join(folder, 'conf'), 'start']);
        await eventually(() => greets(postfix.port, preface), `Postfix greets on ${postfix.port}`, 15_000);
        return postfix;
      } catch (error) {
        await postfix.stop().catch(() => {});
        if (tries === 3) throw new Error(`Postfix does not start: ${await postfix.log()}`, { cause: error });
      }
    }
  }

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
  }

  /** The messages delivered so far, with the fields that Postfix put on top. */
  async messages(): Promise<string[]> {
    const box = join(this.#folder, 'mail', 'box', 'new');
    const names = await readdir(box).catch(() => []);
    return Promise.all(names.sort().map((name) => readFile(join(box, name), 'latin1')));
  }

  async log(): Promise<string> {
    return readFile(join(this.#folder, 'mail.log'), 'utf8').catch(() => '');
  }

  async stop(): Promise<void> {
    await run('postfix', ['-c', join(this.#folder, 'conf'), 'stop']);
  }

  async #configure(domain: string, settings: Record<string, string>): Promise<void> {
    const place = (name: string): string => join(this.#folder, name);
    for (const name of ['conf', 'queue', 'data', 'mail']) await mkdir(place(name), { recursive: true });
    // Its daemons run as other users and must reach what is theirs.
    for (let at = this.#folder; at.startsWith('/tmp/'); at = join(at, '..')) await chmod(at, 0o755);
    await chown(place('data'), idOf('postfix'), 0);
    await chown(place('mail'), NOBODY, NOBODY);
    const main: Record<string, string> = {
      compatibility_level: '3.6',
      myhostname: `mta.${domain}`,
      mydestination: '',
      inet_interfaces: '127.0.0.1',
      inet_protocols: 'ipv4',
      queue_directory: place('queue'),
      data_directory: place('data'),
      command_directory: '/usr/sbin',
      daemon_directory: '/usr/lib/postfix/sbin',
      mail_owner: 'postfix',
      setgid_group: 'postdrop',
      mynetworks: '127.0.0.0/8',
      smtpd_relay_restrictions: 'permit_mynetworks, reject',
      virtual_mailbox_domains: domain,
      virtual_mailbox_base: place('mail'),
      virtual_mailbox_maps: 'static:box/',
      virtual_uid_maps: `static:${NOBODY}`,
      virtual_gid_maps: `static:${NOBODY}`,
      maillog_file: place('mail.log'),
      maillog_file_prefixes: this.#folder,
      message_size_limit: '40000000',
      virtual_mailbox_limit: '0',
      ...settings,
    };
    const text = Object.entries(main).map(([name, value]) => `${name} = ${value}\n`);
    await writeFile(place('conf/main.cf'), text.join(''));
    await writeFile(place('conf/master.cf'), master(this.port));
  }
}

function master(port: number): string {
  return [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'virtual unix - n n - - virtual',
    'error unix - - n - - error',
    'smtp unix - - n - - smtp',
    'anvil unix - - n - 1 anvil',
    'postlog unix-dgram n - n - 1 postlogd',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'proxymap unix - - n - - proxymap',
    'flush unix n - n 1000? 0 flush',
    '',
  ].join('\n');
}
