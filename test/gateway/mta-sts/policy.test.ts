import { describe, expect, test } from 'vitest';
import { idOfPolicy, isAdmitted, parseStsPolicy } from '../../../src/gateway/mta-sts/policy.js';

const POLICY = 'version: STSv1\nmode: enforce\nmx: mail.example.org\nmx: *.example.net\nmax_age: 86400\n';

describe('the policy of a domain', () => {
  test('is read, whatever ends its lines', () => {
    const policy = { mode: 'enforce', maxAgeMs: 86_400_000, mx: ['mail.example.org', '*.example.net'] };
    expect(parseStsPolicy(POLICY)).toEqual(policy);
    expect(parseStsPolicy(POLICY.replaceAll('\n', '\r\n'))).toEqual(policy);
  });

  test.each([
    ['', 'Invalid version field'],
    ['<html>not here</html>', 'Invalid version field'],
    [POLICY.replace('STSv1', 'STSv2'), 'Invalid version field'],
    [POLICY.replace('enforce', 'please'), 'Invalid mode field'],
    [POLICY.replace('86400', 'long'), 'Invalid max_age field'],
    [POLICY.replace('86400', '-1'), 'Invalid max_age field'],
    [POLICY.replace('max_age: 86400', ''), 'Invalid max_age field'],
    [POLICY.replace(/mx: .*\n/g, ''), 'Missing mx field'],
  ])('%j is none: %s', (text, problem) => {
    expect(() => parseStsPolicy(text)).toThrow(problem);
  });

  test.each([
    ['mail.example.org', true],
    ['Mail.Example.ORG', true],
    ['other.example.org', false],
    ['mx1.example.net', true],
    ['example.net', false],
    ['a.mx1.example.net', false],
    ['mx1.example.net.evil.example', false],
    ['evilexample.net', false],
  ])('and the server %s: admitted %s', (server, admitted) => {
    expect(isAdmitted(server, parseStsPolicy(POLICY))).toBe(admitted);
  });

  test.each([
    [['v=STSv1; id=20260101T000000;'], '20260101T000000'],
    [['v=STSv1;id=a1'], 'a1'],
    [['v=STSv1; other=x; id=a1; more=y'], 'a1'],
    [['v=spf1 -all', 'v=STSv1; id=a1'], 'a1'],
    [[], undefined],
    [['v=STSv1'], undefined],
    [['v=STSv1; id='], undefined],
    [['v=STSv1; id=not-letters-alone'], undefined],
    [[`v=STSv1; id=${'1'.repeat(33)}`], undefined],
    [['v=STSv12; id=a1'], undefined],
    [['v=STSv1; id=a1', 'v=STSv1; id=a2'], undefined],
  ])('%j: its id is %s', (records, id) => {
    expect(idOfPolicy(records.map((text) => [text]))).toBe(id);
  });

  test('a record comes in parts', () => {
    expect(idOfPolicy([['v=STS', 'v1; i', 'd=a1']])).toBe('a1');
  });
});
