import { describe, expect, test } from 'vitest';
import { type AccessRule, findAccess, Network, Pattern } from '../../src/routing/index.js';

const pattern = (text: string): Pattern => {
  const parsed = Pattern.parse(text, { ignoreCase: true });
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
};
const network = (text: string): Network => Network.parse(text) as Network;
const REFUSE = { type: 'refuse', reply: { code: 554, status: '5.7.1', text: 'not you' } } as const;
const rule = (conditions: Partial<AccessRule>): AccessRule => ({ name: 'r', action: REFUSE, ...conditions });

const TCP = { address: '192.0.2.1', hello: 'mx.b.example', sender: 'a@b.example', recipient: 'x@c.example' };
const X25 = { calling: '26245300040', hello: 'gw-b', sender: '', recipient: 'x@c.example' };

describe('access rules', () => {
  test.each<[string, Partial<AccessRule>, boolean, boolean]>([
    ['nothing asked', {}, true, true],
    ['its network', { client: [network('10.0.0.0/8'), network('192.0.2.0/24')] }, true, false],
    ['another network', { client: [network('10.0.0.0/8')] }, false, false],
    ['a number', { calling: pattern('2624*') }, false, true],
    ['no number', { calling: pattern('') }, false, false],
    ['a name, whatever its letters', { hello: pattern('*.B.EXAMPLE') }, true, false],
    ['any sender at all', { sender: pattern('*') }, true, false],
    ['reports only', { sender: pattern('') }, false, true],
    ['a recipient', { recipient: pattern('x@*') }, true, true],
    ['who has logged in', { login: true }, false, false],
    ['who has not logged in', { login: false }, true, true],
    [
      'two conditions of which one holds',
      { client: [network('192.0.2.1')], sender: pattern('') },
      false,
      false,
    ],
  ])('%s', (_, conditions, byTcp, byX25) => {
    const isRefused = (facts: typeof TCP | typeof X25): boolean =>
      findAccess([rule(conditions)], facts) !== undefined;
    expect([isRefused(TCP), isRefused(X25)]).toEqual([byTcp, byX25]);
  });

  test('the first that fits decides', () => {
    const rules = [
      rule({ sender: pattern('a@*'), action: { type: 'allow' } }),
      rule({ sender: pattern('*@b.example'), action: { type: 'hold', reason: 'look at it' } }),
    ];
    expect(findAccess(rules, TCP)?.action).toEqual({ type: 'allow' });
    expect(findAccess(rules, { ...TCP, sender: 'z@b.example' })?.action).toEqual({
      type: 'hold',
      reason: 'look at it',
    });
    expect(findAccess(rules, { ...TCP, sender: 'z@d.example', login: 'me' })).toBeUndefined();
  });
});
