import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fetchStsPolicy } from '../../../src/gateway/mta-sts/index.js';

const pem = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../fixtures/tls', name), 'utf8');
const CERT = pem('mta-sts-cert.pem');

/** What a server that proves that it is mta-sts.gw.example answers. */
async function fetched(
  { status = 200, type = 'text/plain', text = 'version: STSv1\n' } = {},
  { domain = 'gw.example', ca = CERT } = {},
) {
  const asked: string[] = [];
  const server = createServer({ cert: CERT, key: pem('mta-sts-key.pem') }, (request, response) => {
    asked.push(`${request.method} ${request.headers.host} ${request.url}`);
    response.writeHead(status, { 'content-type': type, location: 'https://elsewhere.example/' });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const found = await fetchStsPolicy(domain, { port, address: '127.0.0.1', ca }).catch(String);
  return { asked, text: found };
}

describe('the text of a policy', () => {
  test('comes by HTTPS from the host of that name', async () => {
    expect(await fetched()).toEqual({
      asked: ['GET mta-sts.gw.example /.well-known/mta-sts.txt'],
      text: 'version: STSv1\n',
    });
    expect((await fetched({ type: 'text/plain; charset=utf-8' })).text).toBe('version: STSv1\n');
  });

  test.each([
    ['there is none', { status: 404 }, {}, 'HTTP status 404'],
    ['it leads elsewhere', { status: 301 }, {}, 'HTTP status 301'],
    ['it is a page for people', { type: 'text/html' }, {}, 'type "text/html", not text/plain'],
    ['it never ends', { text: 'x'.repeat(100_000) }, {}, 'more than 65536 octets'],
    ['the host is another', {}, { domain: 'other.example' }, "not in the cert's altnames"],
    ['nobody knows its signer', {}, { ca: pem('ca.pem') }, 'self-signed certificate'],
  ])('does not come where %s', async (_, answer, question, problem) => {
    expect((await fetched(answer, question)).text).toContain(problem);
  });
});
