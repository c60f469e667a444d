import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runReload } from '../../src/cli/reload.js';
import { Reloader } from '../../src/cli/reloader.js';
import { type ConfigurationResult, parseConfiguration } from '../../src/config/index.js';
import { ControlServer, request, type TraceWatcher } from '../../src/console/index.js';
import { GatewayError } from '../../src/core/index.js';
import { createLog, type Logger } from '../../src/observe/index.js';
import { siteToml } from '../support/simulated-sites.js';

let folder: string;
let socket: string;
let server: ControlServer;
let log: Logger;
let logged: string;
let answer: () => readonly string[];
let next: ConfigurationResult;
let watchers: Set<TraceWatcher>;

const toml = (level: string): ConfigurationResult =>
  parseConfiguration(siteToml('a', `[log]\nlevel = "${level}"\n`), '/a.toml');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'x25mail-'));
  socket = join(folder, 'control');
  logged = '';
  watchers = new Set();
  answer = () => [];
  next = toml('info');
  const destination = new Writable({
    write: (text, _encoding, done) => {
      logged += String(text);
      done();
    },
  });
  log = createLog({ level: 'info', pretty: false, destination });
  const reloader = new Reloader({
    file: '/a.toml',
    log,
    load: () => next,
    gateway: {
      tracedLinks: [],
      watch: (watcher) => {
        watchers.add(watcher);
        return () => void watchers.delete(watcher);
      },
      reload: () => answer(),
    },
  });
  server = await ControlServer.listen(socket, { reload: request({}, () => reloader.reload()) });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function reload(json?: true): Promise<{ status: number; output: string; complaints: string[] }> {
  let output = '';
  const complaints: string[] = [];
  const status = await runReload(
    { socket, ...(json && { json }) },
    {
      write: (text) => {
        output += text;
      },
      complain: (line) => complaints.push(line),
    },
  );
  return { status, output, complaints };
}

test('taken, with what needs a restart', async () => {
  answer = () => ['link psdn0 is to be different'];
  expect(await reload()).toMatchObject({
    status: 0,
    output: 'The configuration counts from now on\nNeeds a restart: link psdn0 is to be different\n',
  });
  expect(logged).toContain('needs a restart: link psdn0');
});

test('a bad one is refused with all that is wrong, and status 2', async () => {
  next = parseConfiguration('[gateway]\nhostname = 3\n', '/a.toml');
  answer = () => {
    throw new Error('must not be asked');
  };
  const { status, output, complaints } = await reload();
  expect([status, output]).toEqual([2, '']);
  expect(complaints.join('\n')).toMatch(/a\.toml:2: gateway\.hostname/);
  expect(complaints.at(-1)).toBe('refused: the old configuration goes on');
  expect(logged).toContain('gateway.hostname');
});

test('so is one with a file that can not be used', async () => {
  answer = () => {
    throw new GatewayError('tls', "listen.tls: cert.pem can't be used", { temporary: false });
  };
  next = toml('trace');
  const { status, output } = await reload(true);
  expect(status).toBe(2);
  expect(JSON.parse(output)).toEqual({ ok: false, problems: ["listen.tls: cert.pem can't be used"] });
  expect([log.level, watchers.size]).toEqual(['info', 0]);
});

test('the level of the log, and with it traces', async () => {
  next = toml('trace');
  await reload();
  await reload();
  expect([log.level, watchers.size]).toEqual(['trace', 1]);
  next = toml('warn');
  await reload();
  expect([log.level, watchers.size]).toEqual(['warn', 0]);
});
