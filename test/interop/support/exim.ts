import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Background, eventually, freePort, greets, hasProgram, idOf } from './programs.js';

/** As `.ci/other-mtas` unpacks it, or as a machine without Postfix has it. */
const PROGRAMS = ['/opt/other-mtas/usr/sbin/exim4', '/usr/sbin/exim4'];
const PROGRAM = PROGRAMS.find(hasProgram) ?? '';
const USER = 'Debian-exim';

/** For the title of a suite. */
export function missingExim(): string[] {
  return PROGRAM !== '' && process.getuid?.() === 0
    ? []
    : ['exim4 (see .ci/other-mtas; it needs root as well)'];
}

export interface EximSettings {
  /** Mail for it goes into a maildir; all other mail goes to the relay. */
  readonly domain: string;
  readonly relay: { readonly host: string; readonly port: number; readonly certificates: string };
  readonly certificate: string;
  readonly key: string;
  /** Who may log in here, as whom it logs in at the relay, and the one mechanism for both. */
  readonly login: {
    readonly user: string;
    readonly password: string;
    readonly mechanism: 'PLAIN' | 'CRAM-MD5';
  };
}

/** Only within TLS, at either end. */
const AUTHENTICATORS = {
  PLAIN: (user: string, password: string) => `
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and {{eq{$auth2}{${user}}}{eq{$auth3}{${password}}}}}
  server_set_id = $auth2
  server_advertise_condition = \${if def:tls_in_cipher}
  client_send = "^${user}^${password}"`,
  'CRAM-MD5': (user: string, password: string) => `
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = \${if eq{$auth1}{${user}}{${password}}fail}
  server_set_id = $auth1
  server_advertise_condition = \${if def:tls_in_cipher}
  client_name = ${user}
  client_secret = ${password}`,
};

/** An Exim of its own: everything in one folder. Relays for whoever logs in, and takes mail for its domain from all. */
export class Exim {
  readonly port: number;
  readonly #folder: string;
  readonly #daemon: Background;

  static async start(folder: string, settings: EximSettings): Promise<Exim> {
    const port = await freePort();
    await configure(folder, settings);
    const exim = new Exim(folder, port);
    await eventually(() => greets(port), 'Exim listens', 10_000).catch(async (error: unknown) => {
      throw new Error(`Exim does not start: ${exim.#daemon.output}\n${await exim.log()}`, { cause: error });
    });
    return exim;
  }

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
    // In the foreground, queue run every minute.
    this.#daemon = new Background(PROGRAM, [
      ...['-C', join(folder, 'exim.conf'), '-bdf', '-q1m', '-oX', `127.0.0.1.${port}`],
      ...['-oP', join(folder, 'pid')],
    ]);
  }

  /** The messages delivered so far, with the fields that Exim puts on top. */
  async messages(): Promise<string[]> {
    const box = join(this.#folder, 'mail', 'new');
    const names = await readdir(box).catch(() => []);
    return Promise.all(names.sort().map((name) => readFile(join(box, name), 'latin1')));
  }

  /** One line per message in, out, and problem, with the extensions that were used. */
  async log(): Promise<string> {
    const read = (name: string): Promise<string> =>
      readFile(join(this.#folder, `log-${name}`), 'utf8').catch(() => '');
    return (await read('main')) + (await read('panic'));
  }

  async stop(): Promise<void> {
    await this.#daemon.stop();
  }
}

async function configure(folder: string, settings: EximSettings): Promise<void> {
  await mkdir(folder);
  for (let at = folder; at.startsWith('/tmp/'); at = join(at, '..')) await chmod(at, 0o755);
  for (const name of ['.', 'spool', 'mail']) {
    await mkdir(join(folder, name), { recursive: true });
    await chown(join(folder, name), idOf(USER), 0);
  }
  // Whose configuration may be written by others than root, Exim does not trust.
  await chown(folder, 0, idOf(USER, 'group'));
  await chmod(folder, 0o775);
  await writeFile(join(folder, 'exim.conf'), text(folder, settings));
}

function text(folder: string, { domain, relay, certificate, key, login }: EximSettings): string {
  const { user, password, mechanism } = login;
  return `
exim_path = ${PROGRAM}
primary_hostname = mta.${domain}
spool_directory = ${folder}/spool
log_file_path = ${folder}/log-%s
log_selector = +pipelining +smtp_confirmation +tls_certificate_verified +received_recipients
keep_environment =
deliver_drop_privilege = true
tls_certificate = ${certificate}
tls_privatekey = ${key}
tls_advertise_hosts = *
dsn_advertise_hosts = *
chunking_advertise_hosts = *
smtputf8_advertise_hosts = *
accept_8bitmime = true
message_size_limit = 40M
acl_smtp_rcpt = recipient
acl_smtp_data = accept
acl_smtp_mail = accept
remote_max_parallel = 1

begin acl
recipient:
  accept domains = ${domain}
  accept authenticated = *
  accept hosts = 127.0.0.1
  deny

begin routers
box:
  driver = accept
  domains = ${domain}
  transport = box
relay:
  driver = manualroute
  route_data = ${relay.host}::${relay.port} byname
  self = send
  transport = relay

begin transports
box:
  driver = appendfile
  directory = ${folder}/mail
  maildir_format
  user = ${USER}
relay:
  driver = smtp
  helo_data = mta.${domain}
  hosts_require_tls = *
  tls_verify_certificates = ${relay.certificates}
  tls_verify_cert_hostnames = *
  hosts_require_auth = *

begin retry
*  *  F,1h,5s

begin authenticators
${AUTHENTICATORS[mechanism](user, password)}
`;
}
