import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Background } from './programs.js';

export const X25MAIL = new URL('../../../dist/cli/main.js', import.meta.url).pathname;

export type SiteName = 'a' | 'b';

export const NUMBERS: Readonly<Record<SiteName, string>> = { a: '23421000001', b: '26245300040' };

export interface SiteOptions {
  readonly smtpPort: number;
  /** Where mail for its own domain goes. */
  readonly mailboxPort: number;
  /** Keys of its one link, but for the name, and whatever tables follow there. */
  readonly link: string;
  readonly linkName?: string;
  /** What it asks for in calls, as it is written. */
  readonly facilities?: string;
  /** Further tables. */
  readonly more?: string;
}

/** One of two sites that call each other: mail for the other goes by X.25, mail for itself to its mailbox. */
export function siteToml(name: SiteName, options: SiteOptions): string {
  const { smtpPort, mailboxPort, link, linkName = 'line', facilities, more = '' } = options;
  const other = name === 'a' ? 'b' : 'a';
  return `
[gateway]
hostname = "gw-${name}.example"
nua = "${NUMBERS[name]}"
spool = "spool-${name}"
[listen]
smtp = ["127.0.0.1:${smtpPort}"]
[relay]
networks = ["127.0.0.0/8"]
domains = ["site-${name}.example"]
[[link]]
name = "${linkName}"
${link}
[[peer]]
name = "other"
nua = "${NUMBERS[other]}"
link = "${linkName}"
${facilities === undefined ? '' : `facilities = ${facilities}`}
[[route]]
domain = "site-${other}.example"
peer = "other"
[[route]]
domain = "site-${name}.example"
smtp = "127.0.0.1:${mailboxPort}"
${more}`;
}

/** A link on a serial port, as a DTE and a DCE that face each other. */
export function serialLink(name: SiteName, path: string, baud: number, more = ''): string {
  return `type = "serial"\npath = "${path}"\nbaud = ${baud}\nrole = "${name === 'a' ? 'dte' : 'dce'}"\n${more}`;
}

/** Writes a configuration. @returns its path. */
export async function configured(folder: string, name: string, toml: string): Promise<string> {
  const file = join(folder, `${name}.toml`);
  await writeFile(file, toml);
  return file;
}

/** `x25mail run` in a process of its own, ready to take mail. */
export async function runSite(
  folder: string,
  name: string,
  toml: string,
  user: { readonly uid?: number; readonly gid?: number } = {},
): Promise<Background> {
  const file = await configured(folder, name, toml);
  const site = new Background(process.execPath, [X25MAIL, 'run', '-c', file], { cwd: folder, ...user });
  await site.says(/is running/);
  return site;
}
