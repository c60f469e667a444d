import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PasswdOptions, runPasswd } from '../../src/cli/passwd.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'x25mail-passwd-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function passwd(
  user: string,
  typed: string,
  options: Partial<PasswdOptions> = { file: join(folder, 'users') },
) {
  const input = new PassThrough() as unknown as NodeJS.ReadStream;
  (input as unknown as PassThrough).end(typed);
  const said: string[] = [];
  const status = await runPasswd(
    user,
    { delete: false, cramMd5: false, ...options },
    { input, say: (line) => said.push(line), complain: (line) => said.push(`! ${line}`) },
  );
  return [status, ...said.map((line) => line.replaceAll(folder, ''))];
}

test('a user is added, changed and taken out', async () => {
  expect(await passwd('anna', 'secret\n')).toEqual([0, 'anna may log in now (/users)']);
  expect(readFileSync(join(folder, 'users'), 'utf8')).toMatch(/^anna:\{SCRAM-SHA-256\}10000,[^\n]+\n$/);
  expect(await passwd('anna', 'other', { file: join(folder, 'users'), cramMd5: true })).toEqual([
    0,
    'anna has a new password (/users)',
  ]);
  expect(readFileSync(join(folder, 'users'), 'utf8')).toBe('anna:{PLAIN}other\n');
  expect(await passwd('anna', '', { file: join(folder, 'users'), delete: true })).toEqual([
    0,
    'anna may no longer log in (/users)',
  ]);
  expect(await passwd('anna', '', { file: join(folder, 'users'), delete: true })).toEqual([
    1,
    '! anna is not in /users',
  ]);
});

test('what can not be is said', async () => {
  expect(await passwd('anna', '\n')).toEqual([1, expect.stringMatching(/^! a password may not be empty/)]);
  expect((await passwd('a b', 'x'))[0]).toBe(2);
  expect(await passwd('anna', 'x', { file: join(folder, 'no/users') })).toEqual([
    1,
    expect.stringMatching(/can't be changed/),
  ]);
});

test('the file is the one that the configuration names', async () => {
  const config = join(folder, 'gw.toml');
  const rest = '[gateway]\nhostname = "gw.example"\n';
  writeFileSync(config, rest);
  expect(await passwd('anna', 'x', { config })).toEqual([2, '! /gw.toml names no file: users in [auth]']);
  writeFileSync(config, `${rest}[auth]\nusers = "people"\n`);
  expect(await passwd('anna', 'x', { config })).toEqual([0, 'anna may log in now (/people)']);
});
