import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changeUser, formatUser, isUserName, parseUsers, UsersFile } from '../../src/gateway/users-file.js';
import { makeVerifier } from '../../src/smtp/index.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'x25mail-users-'));
  file = join(folder, 'users');
});
afterEach(() => rmSync(folder, { recursive: true }));

const VERIFIER = makeVerifier('secret', Buffer.alloc(16, 7), 4096);
if (VERIFIER === undefined) throw new Error('no verifier');
const ANNA = formatUser('anna', VERIFIER);

describe('the lines of a users file', () => {
  test('a verifier comes back as it was', () => {
    const users = parseUsers(`# people\n\n${ANNA}\nbert:{PLAIN}pass:word \n`);
    expect(users).toEqual(
      new Map<string, unknown>([
        ['anna', { scramSha256: VERIFIER }],
        ['bert', { password: 'pass:word ' }],
      ]),
    );
  });

  test.each([
    ['anna', 1],
    ['\nanna:secret', 2],
    ['anna:{PLAIN}', 1],
    ['anna:{SCRAM-SHA-256}4096,AA==,AA==,AA==', 1],
    [`${ANNA}\n${ANNA}`, 2],
    ['a b:{PLAIN}x', 1],
  ])('%j is refused with its line, and nothing secret is told', (text, line) => {
    const problem = parseUsers(text);
    expect(problem).toMatch(new RegExp(`^line ${line}: `));
    expect(problem).not.toContain('secret');
  });

  test('no text makes it throw', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseUsers(text)));
  });

  test.each([
    ['anna', true],
    ['anna@a.example', true],
    ['', false],
    ['a:b', false],
    ['a b', false],
    ['#a', false],
  ])('%j is a name: %s', (name, is) => {
    expect(isUserName(name)).toBe(is);
  });
});

describe('a change', () => {
  test('leaves all other lines as they are, and only the owner reads the file', () => {
    writeFileSync(file, `# people\n${ANNA}\nbert:{PLAIN}x\n`);
    expect(changeUser(file, 'bert', 'bert:{PLAIN}y')).toBe(true);
    expect(changeUser(file, 'carl', 'carl:{PLAIN}z')).toBe(false);
    expect(changeUser(file, 'anna', undefined)).toBe(true);
    expect(changeUser(file, 'nobody', undefined)).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe('# people\nbert:{PLAIN}y\ncarl:{PLAIN}z\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('where nothing can be written is told', () => {
    expect(() => changeUser(join(folder, 'no', 'users'), 'a', 'a:{PLAIN}x')).toThrow(/can't be changed: /);
  });
});

describe('a users file in use', () => {
  test('a change counts from the next login on; one that can not be read leaves the old', () => {
    const problems: string[] = [];
    const users = new UsersFile(file, (problem) => problems.push(problem));
    expect(() => users.load()).toThrow(/^auth\.users: .* can't be used: /);
    changeUser(file, 'anna', ANNA);
    users.load();
    expect([users.find('anna'), users.find('bert'), users.allHavePasswords]).toEqual([
      { scramSha256: VERIFIER },
      undefined,
      false,
    ]);
    changeUser(file, 'bert', 'bert:{PLAIN}y');
    // Some clients take CRAM-MD5 wherever it is offered: anna could not log in any more.
    expect([users.find('bert'), users.allHavePasswords]).toEqual([{ password: 'y' }, false]);
    changeUser(file, 'anna', undefined);
    expect(users.allHavePasswords).toBe(true);
    writeFileSync(file, 'nonsense, and longer than before it was');
    expect(users.find('bert')).toEqual({ password: 'y' });
    expect([...new Set(problems)]).toEqual([expect.stringMatching(/line 1: not name:/)]);
  });
});
