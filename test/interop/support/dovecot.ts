import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Background, freePort } from './programs.js';

/** Dovecot gives mail to nobody who is root. */
export const MAIL_OWNER = 65_534;
export const PASSWORD = 'secret';

export interface DovecotPorts {
  readonly imap: number;
  readonly pop3: number;
  readonly lmtp: number;
}

/** A Dovecot of its own on loopback: a maildir in `mail` for any user, all in one folder. Needs root, as it changes users. */
export class Dovecot {
  readonly ports: DovecotPorts;
  readonly #folder: string;
  #process: Background | undefined;

  static async start(folder: string): Promise<Dovecot> {
    const ports = { imap: await freePort(), pop3: await freePort(), lmtp: await freePort() };
    const dovecot = new Dovecot(folder, ports);
    await mkdir(dovecot.mail, { recursive: true });
    // Its processes run as other users and must reach what is theirs.
    for (let at = folder; at.startsWith('/tmp/'); at = join(at, '..')) await chmod(at, 0o755);
    await chmod(dovecot.mail, 0o777);
    await writeFile(dovecot.#configuration, dovecot.#text());
    dovecot.#process = new Background('dovecot', ['-F', '-c', dovecot.#configuration]);
    await dovecot.#process.says(/starting up for imap, pop3, lmtp/);
    return dovecot;
  }

  private constructor(folder: string, ports: DovecotPorts) {
    this.#folder = folder;
    this.ports = ports;
  }

  /** Where the mailboxes are, one for each user. */
  get mail(): string {
    return join(this.#folder, 'mail');
  }

  get lmtpSocket(): string {
    return join(this.#folder, 'run', 'lmtp-test');
  }

  /** What it says of itself. */
  get log(): string {
    return this.#process?.output ?? '';
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  get #configuration(): string {
    return join(this.#folder, 'dovecot.conf');
  }

  #text(): string {
    const { imap, pop3, lmtp } = this.ports;
    const listener = (service: string, name: string, port: number): string =>
      `service ${service} {\n  inet_listener ${name} {\n    address = 127.0.0.1\n    port = ${port}\n  }\n`;
    return `
base_dir = ${join(this.#folder, 'run')}
state_dir = ${join(this.#folder, 'run')}
log_path = /dev/stderr
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:${this.mail}/%n
mail_uid = ${MAIL_OWNER}
mail_gid = ${MAIL_OWNER}
first_valid_gid = 0
quota_full_tempfail = no
mail_plugins = $mail_plugins quota
passdb {
  driver = static
  args = password=${PASSWORD}
}
userdb {
  driver = static
  args = uid=${MAIL_OWNER} gid=${MAIL_OWNER} home=${this.mail}/%n allow_all_users=yes
}
plugin {
  quota = maildir:quota
  quota_rule = *:storage=100K
}
${listener('imap-login', 'imap', imap)}  inet_listener imaps {\n    port = 0\n  }\n}
${listener('pop3-login', 'pop3', pop3)}  inet_listener pop3s {\n    port = 0\n  }\n}
${listener('lmtp', 'lmtp', lmtp)}  unix_listener lmtp-test {\n    mode = 0666\n  }\n}
`;
  }
}
