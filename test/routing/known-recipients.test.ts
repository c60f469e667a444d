import { describe, expect, test } from 'vitest';
import { KnownRecipients, Router } from '../../src/routing/index.js';
import { domain } from './rules.js';

function known(text: string): KnownRecipients {
  const recipients = KnownRecipients.parse(text);
  if (typeof recipients === 'string') throw new Error(recipients);
  return recipients;
}

const FILE = '# people\nanna\nBert@b.example  # he moved\n\n"c#d"@b.example\n';

describe('known recipients', () => {
  test.each([
    ['anna@b.example', true],
    ['ANNA@sub.b.example', true],
    ['bert@B.example', true],
    ['bert@sub.b.example', false],
    ['"c#d"@b.example', true],
    ['postmaster@b.example', true],
    ['carl@b.example', false],
    ['annabel@b.example', false],
  ])('%s: %s', (address, is) => {
    expect(known(FILE).has(address)).toBe(is);
  });

  test.each([
    ['anna bert', 'line 1: no address and no local part'],
    ['\n@b.example', 'line 2: no address and no local part'],
  ])('%j is refused with its line', (text, fault) => {
    expect(KnownRecipients.parse(text)).toBe(fault);
  });

  test('a route refuses whom it does not know', () => {
    const target = { type: 'peers', peers: ['b'] } as const;
    const router = new Router([
      { domain: domain('b.example'), target, recipients: known(FILE) },
      { domain: domain('*'), target },
    ]);
    expect(router.route('anna@b.example')).toEqual(target);
    expect(router.route('carl@b.example')).toMatchObject({
      type: 'refused',
      reply: { code: 550, status: '5.1.1', text: 'nobody known as carl@b.example' },
    });
  });
});
