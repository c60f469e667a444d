import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Aliases } from '../../src/routing/index.js';

function parse(text: string): Aliases {
  const aliases = Aliases.parse(text);
  if (!(aliases instanceof Aliases)) throw new Error(JSON.stringify(aliases));
  return aliases;
}
const problems = (text: string): string[] => {
  const aliases = Aliases.parse(text);
  return aliases instanceof Aliases ? [] : aliases.map(({ line, message }) => `${line}: ${message}`);
};

const FILE = `# Basic system aliases
postmaster: root
MAILER-DAEMON: postmaster

root: admin@b.example,
  ops, "night.shift"@b.example
ops: anna, Bert@b.example
anna: anna
"with space": anna
`;

describe('an aliases file', () => {
  test.each([
    ['ops', ['anna@a.example', 'Bert@b.example']],
    ['OPS', ['anna@a.example', 'Bert@b.example']],
    ['mailer-daemon', ['admin@b.example', 'anna@a.example', 'Bert@b.example', '"night.shift"@b.example']],
    ['anna', ['anna@a.example']],
    ['with space', ['anna@a.example']],
    ['nobody', undefined],
  ])('%s', (name, addresses) => {
    expect(parse(FILE).expand(name, 'a.example')).toEqual(addresses);
  });

  test('an address that is reached twice is there once', () => {
    expect(parse('a: b, c\nb: d\nc: d, b\n').expand('a', 'x')).toEqual(['d@x']);
  });

  test.each([
    ['a: "|/usr/bin/vacation"', '1: a: |/usr/bin/vacation: programs are not run'],
    ['a: |/bin/sh', '1: a: |/bin/sh: programs are not run'],
    ['a: /var/mail/a', '1: a: /var/mail/a: files are not written'],
    ['a: :include:/etc/list', '1: a: :include:/etc/list: lists are not included'],
    ['a: b@', '1: a: b@: no address and no name'],
    ['a:', '1: a stands for nothing'],
    ['a', '1: no alias: a name, a colon, and what it stands for'],
    ['\n\na: b\nA: c', '4: a has an entry already, in line 3'],
  ])('%j', (text, message) => {
    expect(problems(text)).toEqual([message]);
  });

  test('a loop is told from each of its names', () => {
    expect(problems('a: b\nb: c, d\nc: a')).toEqual([
      '1: a loop: a -> b -> c -> a',
      '2: a loop: b -> c -> a -> b',
      '3: a loop: c -> a -> b -> c',
    ]);
  });

  test('no text makes it throw, and what is taken can be expanded', () => {
    const word = fc.constantFrom(
      'a',
      'b',
      'c',
      ':',
      ',',
      ' ',
      '\n',
      '"',
      '@',
      'x@y.example',
      '|',
      '/',
      '#',
      '\\',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join('')),
        ),
        (text) => {
          const aliases = Aliases.parse(text);
          if (aliases instanceof Aliases) for (const name of ['a', 'b', 'c']) aliases.expand(name, 'x');
          else expect(aliases.length).toBeGreaterThan(0);
        },
      ),
    );
  });
});
