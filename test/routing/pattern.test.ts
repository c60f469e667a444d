import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Captures, Pattern, Template } from '../../src/routing/index.js';

function pattern(text: string, ignoreCase = false): Pattern {
  const parsed = Pattern.parse(text, { ignoreCase });
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

function template(text: string, groups: number): Template {
  const parsed = Template.parse(text, groups);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

describe('a pattern', () => {
  test.each<[string, string, Captures | undefined]>([
    ['26245300040', '26245300040', ['26245300040']],
    ['26245300040', '262453000401', undefined],
    ['026245', '26245', undefined], // leading zeros count
    ['', '', ['']],
    ['', '1', undefined],
    ['26245*', '26245', ['26245', '']],
    ['26245*', '2624530', ['2624530', '30']],
    ['26245*', '126245', undefined],
    ['*', '', ['', '']],
    ['2*4*', '262453004', ['262453004', '6245300', '']], // the first * takes what it can
    ['*.site-b.example', 'mail.site-b.example', ['mail.site-b.example', 'mail']],
    ['*.site-b.example', 'mailxsite-b.example', undefined], // a dot is a dot
    ['/^(...)(...)/', '2624530', ['262453', '262', '453']],
    ['/^(?:(\\d\\d)|x)$/', 'x', ['x', '']], // a group that took no part is empty
    ['/24/', '26245', ['24']], // anchors nothing
    ['/', '/', ['/']],
  ])('%j on %j finds %j', (text, subject, found) => {
    expect(pattern(text).match(subject)).toEqual(found);
  });

  test.each([
    ['Site-B.Example', 'site-b.EXAMPLE'],
    ['*.Example', 'a.eXample'],
    ['/^A\\.B$/', 'a.b'],
  ])('%j finds %j where case does not matter', (text, subject) => {
    expect(pattern(text, true).match(subject)).toBeDefined();
    expect(pattern(text, false).match(subject)).toBeUndefined();
  });

  test('says what is wrong with an expression', () => {
    expect(Pattern.parse('/(/')).toEqual({ ok: false, fault: expect.stringContaining('missing closing )') });
  });

  test('takes linear time where a backtracking matcher would take hours', () => {
    const subject = `${'1'.repeat(5_000)}x`;
    expect(pattern('/^(1+)+$/').match(subject)).toBeUndefined();
    expect(pattern('1*1*1*1*1*1*1*1*1*1*2').match(subject)).toBeUndefined();
  });

  const digits = fc.stringMatching(/^[0-9]{0,15}$/);

  test('without * is found in itself only', () => {
    fc.assert(
      fc.property(digits, digits, (a, b) => {
        expect(pattern(a).match(b) !== undefined).toBe(a === b);
      }),
    );
  });

  test('with * finds whatever is put in its place, and captures as much as it replaced', () => {
    fc.assert(
      fc.property(fc.array(digits, { minLength: 2, maxLength: 4 }), fc.array(digits), (fixed, filling) => {
        const subject = fixed.reduce((text, piece, i) => text + (filling[i - 1] ?? '') + piece);
        const captures = pattern(fixed.join('*')).match(subject);
        expect(captures?.slice(1).join('').length).toBe(subject.length - fixed.join('').length);
      }),
    );
  });

  test('takes every other character for itself', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        fc.pre(!text.includes('*') && !text.startsWith('/'));
        expect(pattern(`${text}*`).match(`${text}~`)).toEqual([`${text}~`, '~']);
      }),
    );
  });
});

describe('a template', () => {
  test.each([
    ['$2$1$3', ['', '001', '700', ''], '700001'],
    ['$2.$1.x25.example', ['262453', '262', '453'], '453.262.x25.example'],
    ['$10', ['', '7'], '70'],
    ['5$$', [''], '5$'],
    ['', [''], ''],
  ])('%j with %j makes %j', (text, captures, made) => {
    expect(template(text, captures.length - 1).expand(captures)).toBe(made);
  });

  test.each([
    ['$3', 2, '"$3" has no group: the pattern has only 2'],
    ['$1', 0, '"$1" has no group: the pattern has none'],
    ['$0', 1, '"$0" means nothing: $1 to $9, or $$ for a dollar'],
    ['costs 5$', 1, '"$" means nothing: $1 to $9, or $$ for a dollar'],
  ])('%j with %i groups is refused: %s', (text, groups, why) => {
    expect(Template.parse(text, groups)).toEqual({ ok: false, fault: why });
  });

  test('knows whether it always makes the same', () => {
    expect([template('a$$b', 0).isFixed, template('a$1', 1).isFixed]).toEqual([true, false]);
  });
});
