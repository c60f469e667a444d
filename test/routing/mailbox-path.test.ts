import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MailboxPath } from '../../src/routing/index.js';

function path(text: string, groups = 9): MailboxPath {
  const parsed = MailboxPath.parse(text, groups);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

describe('the path of a mailbox', () => {
  test.each([
    ['/var/mail/{user}', [], 'Anna', '/var/mail/anna'],
    ['/home/{user}/Maildir', [], 'anna.b+x', '/home/anna.b+x/Maildir'],
    ['/var/mail/$1/{user}', ['', 'Site-B.example'], 'anna', '/var/mail/site-b.example/anna'],
    ['/var/mail/{user}', [], '..', undefined],
    ['/var/mail/{user}', [], '.hidden', undefined],
    ['/var/mail/{user}', [], 'a/../../etc', undefined],
    ['/var/mail/{user}', [], '', undefined],
    ['/var/mail/{user}', [], 'a\0b', undefined],
    ['/var/mail/{user}', [], '"a b"', undefined],
    ['/var/mail/{user}', [], 'b\u00fccher', '/var/mail/b\u00fccher'],
    ['/var/mail/{user}', [], 'bu\u0308cher', '/var/mail/b\u00fccher'],
    ['/var/mail/{user}', [], 'x'.repeat(201), undefined],
    ['/var/mail/$1/{user}', ['', '[x/..]'], 'anna', undefined],
    ['/var/mail/$1', ['', ''], 'anna', undefined],
  ])('%s, %j and %j: %s', (text, captures, local, expected) => {
    expect(path(text).expand(captures, local)).toBe(expected);
  });

  test('with places that the pattern does not have is none', () => {
    expect(MailboxPath.parse('/m/$2', 1)).toEqual({
      ok: false,
      fault: '"$2" has no group: the pattern has only 1',
    });
  });

  test.each([
    ['/m/all', true],
    ['/m/{user}', false],
    ['/m/$1', false],
  ])('%s is the same for all: %s', (text, isFixed) => {
    expect(path(text).isFixed).toBe(isFixed);
  });

  test('whatever an address holds, the mailbox is where the template says', () => {
    const nasty = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('.', '/', '\\', '\0', 'a', '$', '{', '}', '\u2024', '\uff0f') }),
    );
    fc.assert(
      fc.property(nasty, nasty, (local, captured) => {
        const expanded = path('/var/mail/$1/{user}').expand(['', captured], local);
        if (expanded === undefined) return;
        const parts = expanded.split('/');
        expect(resolve(expanded)).toBe(expanded);
        expect(parts.slice(0, 3)).toEqual(['', 'var', 'mail']);
        expect(parts).toHaveLength(5);
      }),
    );
  });
});
