import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { type GatewayStatus, HttpConsole } from '../../src/console/index.js';
import { GatewayError } from '../../src/core/index.js';

const STATUS: GatewayStatus = {
  hostname: 'gw.example',
  since: '2026-01-01T00:00:00.000Z',
  links: [],
  circuits: [],
  waiting: [],
  budgets: [],
};

const open: HttpConsole[] = [];

afterEach(async () => {
  for (const http of open.splice(0)) await http.close();
});

async function console(text = () => Promise.resolve('x25mail_calls_total 1\n')): Promise<HttpConsole> {
  const http = await HttpConsole.listen({
    host: '127.0.0.1',
    port: 0,
    hostnames: ['GW.example'],
    gateway: { status: () => STATUS },
    metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', text },
  });
  open.push(http);
  return http;
}

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

function ask(http: HttpConsole, path: string, { host = 'localhost', method = 'GET' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: http.port, path, method, headers: { host } };
    request(options, (response) => {
      let body = '';
      response.on('data', (text) => {
        body += String(text);
      });
      response.on('end', () =>
        resolve({ status: response.statusCode, type: response.headers['content-type'], body }),
      );
    })
      .on('error', reject)
      .end();
  });
}

describe('a gateway asked over HTTP', () => {
  test('tells its status as JSON', async () => {
    const { status, body } = await ask(await console(), '/status');
    expect([status, JSON.parse(body)]).toEqual([200, STATUS]);
  });

  test('tells its metrics in the text format of Prometheus', async () => {
    expect(await ask(await console(), '/metrics')).toEqual({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: 'x25mail_calls_total 1\n',
    });
  });

  test('says that it runs', async () => {
    expect(await ask(await console(), '/health')).toMatchObject({
      status: 200,
      body: '{"status":"running"}',
    });
  });

  test('says why it can not tell, and goes on', async () => {
    const http = await console(() => Promise.reject(new Error('the spool is closed')));
    expect(await ask(http, '/metrics')).toMatchObject({
      status: 500,
      body: '{"error":"the spool is closed"}',
    });
    expect(await ask(http, '/health')).toMatchObject({ status: 200 });
  });

  test.each([
    ['/', 'GET', 404],
    ['/status', 'POST', 404],
    ['/metrics/x', 'GET', 404],
  ])('%s %s is not there', async (path, method, status) => {
    expect(await ask(await console(), path, { method })).toMatchObject({ status });
  });

  test.each([
    ['localhost', 200],
    ['localhost:8025', 200],
    ['127.0.0.1:8025', 200],
    ['[::1]:8025', 200],
    ['gw.example', 200],
    ['evil.example', 421],
    ['evil.example:8025', 421],
    ['127.0.0.1.evil.example', 421],
  ])('is known as %s or not', async (host, status) => {
    expect(await ask(await console(), '/status', { host })).toMatchObject({ status });
  });
});

test('an address that is taken is an error that names the setting', async () => {
  const { port } = await console();
  const second = HttpConsole.listen({
    host: '127.0.0.1',
    port,
    hostnames: [],
    gateway: { status: () => STATUS },
    metrics: { contentType: 'text/plain', text: () => Promise.resolve('') },
  });
  await expect(second).rejects.toThrow(GatewayError);
  await expect(second).rejects.toThrow(/\[console\] http: 127\.0\.0\.1 port \d+ can't be listened on/);
});
