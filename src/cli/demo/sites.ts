import { type Configuration, formatProblem, parseConfiguration } from '../../config/index.js';

export interface Site {
  readonly hostname: string;
  readonly domain: string;
  readonly nua: string;
}

export const SITE_A: Site = { hostname: 'gw-a.example', domain: 'site-a.example', nua: '23421000001' };
export const SITE_B: Site = { hostname: 'gw-b.example', domain: 'site-b.example', nua: '26245300040' };

export interface SiteOptions {
  readonly site: Site;
  readonly other: Site;
  /** Directory of its own. */
  readonly folder: string;
  /** Where mail for its own domain goes, by SMTP over TCP. */
  readonly mailboxPort: number;
  /** Of the simulated line; the timers of the link follow from it. */
  readonly lineSpeed: number;
}

const ANY_PORT = {
  host: '127.0.0.1',
  port: 0,
  service: 'smtp',
  tls: 'none',
  proxy: [],
  xclient: [],
} as const;

/** A site's configuration, as an operator would write it; SMTP is taken on any free port. */
export function siteConfiguration(options: SiteOptions): Configuration {
  const { site, folder } = options;
  const result = parseConfiguration(siteToml(options), `${folder}/${site.hostname}.toml`);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return { ...result.configuration, listen: { smtp: [ANY_PORT], submission: [] } };
}

function siteToml({ site, other, mailboxPort, lineSpeed }: SiteOptions): string {
  return `
[gateway]
hostname = "${site.hostname}"
nua      = "${site.nua}"
spool    = "spool-${site.domain}"

[relay]
networks = ["127.0.0.0/8"]
domains  = ["${site.domain}"]

[[link]]
name = "psdn0"
type = "serial"
path = "simulated-line-${site.nua}"
baud = ${lineSpeed}

[[peer]]
name = "${other.domain}"
nua  = "${other.nua}"
link = "psdn0"
facilities = [ { packet_size = 512, window = 4 }, {} ]

[[route]]
domain = "${other.domain}"
peer   = "${other.domain}"
[[route]]
domain = "${site.domain}"
smtp   = "127.0.0.1:${mailboxPort}"
`;
}
