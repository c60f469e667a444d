import { get } from 'node:https';

/** Fetches the text of a domain's policy. Rejects when there is none to be had. */
export type FetchStsPolicy = (domain: string) => Promise<string>;

export interface PolicyServer {
  readonly port?: number;
  /** Certificates (PEM) that are trusted in place of those that Node knows. */
  readonly ca?: string;
  /** Where all hosts are. Default: where DNS says. */
  readonly address?: string;
}

/** RFC 8461 §3.3 suggests a minute; mail waits meanwhile. */
const TIMEOUT_MS = 20_000;

/** RFC 8461 §3.3 leaves it to us. */
const MOST_OCTETS = 64 * 1024;

/** RFC 8461 §3.3: by HTTPS from a host that proves its name; answers that lead elsewhere do not count. */
export function fetchStsPolicy(
  domain: string,
  { port = 443, ca, address }: PolicyServer = {},
): Promise<string> {
  const host = `mta-sts.${domain}`;
  return new Promise((resolve, reject) => {
    const request = get({
      host: address ?? host,
      servername: host,
      headers: { host },
      port,
      path: '/.well-known/mta-sts.txt',
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(ca !== undefined && { ca }),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const { statusCode, headers } = response;
      const type = headers['content-type'] ?? '';
      if (statusCode !== 200) request.destroy(new Error(`HTTP status ${statusCode}`));
      else if (!/^text\/plain\b/i.test(type)) request.destroy(new Error(`type "${type}", not text/plain`));
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > MOST_OCTETS) request.destroy(new Error(`more than ${MOST_OCTETS} octets`));
      });
      response.on('error', reject);
      response.on('end', () => resolve(text));
    });
  });
}
