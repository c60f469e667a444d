import { describe, expect, test } from 'vitest';
import { fromHex } from '../../src/core/index.js';
import {
  type Admission,
  admit,
  type CallingPeer,
  type CallToAdmit,
  type IncomingRule,
  numberOfCaller,
  numberToCall,
} from '../../src/routing/index.js';
import { number } from './rules.js';

const SMTP = octets('c0f70000');
const PAD = octets('01000000');

function octets(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array();
}

const peers: CallingPeer[] = [
  { name: 'site-b', calling: [number('26245300040*')], links: ['psdn0'], userData: SMTP },
  { name: 'site-c', calling: [number('7001')], links: ['psdn0', 'psdn1'], userData: octets('cc') },
];

const call: CallToAdmit = { link: 'psdn0', calling: '26245300040', called: '23421000001', userData: SMTP };

const engine = { type: 'engine', relay: false } as const;
const bridge = {
  type: 'bridge',
  smtp: { host: '127.0.0.1', port: 25 },
  identify: 'xclient',
  relay: false,
} as const;
const reject = { type: 'reject', cause: 0, diagnostic: 0xf5 } as const;

function rule(conditions: Partial<IncomingRule>): IncomingRule {
  return { name: 'it', action: engine, ...conditions };
}

function outcome(admission: Admission): string {
  if (admission.action === 'reject')
    return `reject ${admission.cause.toString(16)}/${admission.diagnostic.toString(16)} ${admission.why}`;
  return [
    admission.how.type,
    ...(admission.rule === undefined ? [] : [`by ${admission.rule.name}`]),
    ...(admission.peer === undefined ? [] : [`as ${admission.peer}`]),
    ...(admission.how.relay ? ['relay'] : []),
  ].join(' ');
}

describe('without a rule', () => {
  test.each<[string, Partial<CallToAdmit>, string]>([
    ['a peer with its user data', {}, 'engine as site-b'],
    ['a peer at our cost', { reverseCharging: true }, 'reject 0/f5 reverse charging'],
    [
      'a peer that can not be answered',
      { isRestricted: true },
      'reject 0/f5 fast select with restricted response: it can not be accepted',
    ],
    ['a peer from a subaddress', { calling: '2624530004007' }, 'engine as site-b'],
    ['a peer with more user data', { userData: octets('c0f7000001') }, 'engine as site-b'],
    ['a peer with own user data', { calling: '7001', userData: octets('cc') }, 'engine as site-c'],
    [
      'a peer on its second link',
      { link: 'psdn1', calling: '7001', userData: octets('cc') },
      'engine as site-c',
    ],
    ['a peer with less user data', { userData: octets('c0f7') }, 'reject 0/f9 call user data not wanted'],
    ['a peer with other user data', { userData: PAD }, 'reject 0/f9 call user data not wanted'],
    ["a peer with another peer's user data", { calling: '7001' }, 'reject 0/f9 call user data not wanted'],
    ['a peer on a foreign link', { link: 'psdn1' }, 'reject 0/f9 call user data not wanted'],
    ['an unknown caller', { calling: '999' }, 'reject 0/f5 caller unknown'],
    ['an unknown PAD', { calling: '999', userData: PAD }, 'reject 0/f9 call user data not wanted'],
    ['no number', { calling: '' }, 'reject 0/f5 no calling address'],
    ['nothing at all', { calling: '', userData: octets('') }, 'reject 0/f9 call user data not wanted'],
  ])('%s', (_who, changes, expected) => {
    expect(outcome(admit({ ...call, ...changes }, [], peers))).toBe(expected);
  });

  test('a peer may be allowed to hide its number', () => {
    const shy: CallingPeer = { name: 'shy', calling: [number('')], links: ['psdn0'], userData: SMTP };
    expect(outcome(admit({ ...call, calling: '' }, [], [...peers, shy]))).toBe('engine as shy');
    expect(outcome(admit({ ...call, calling: '999' }, [], [...peers, shy]))).toBe(
      'reject 0/f5 caller unknown',
    );
  });
});

describe('a rule', () => {
  test.each<[string, Partial<IncomingRule>, Partial<CallToAdmit>, string]>([
    ['without conditions', {}, { calling: '999' }, 'engine by it'],
    ['for a peer', {}, {}, 'engine by it as site-b'],
    ['that bridges', { action: bridge }, {}, 'bridge by it as site-b'],
    ['that lets relay', { action: { ...engine, relay: true } }, {}, 'engine by it as site-b relay'],
    ['for the link', { link: 'psdn0' }, { calling: '999' }, 'engine by it'],
    ['for another link', { link: 'psdn1' }, { calling: '999' }, 'reject 0/f5 caller unknown'],
    ['for the number', { calling: number('99*') }, { calling: '999' }, 'engine by it'],
    ['for another number', { calling: number('98*') }, { calling: '999' }, 'reject 0/f5 caller unknown'],
    ['for the subaddress', { called: number('*01') }, { calling: '999' }, 'engine by it'],
    ['for another subaddress', { called: number('*02') }, { calling: '999' }, 'reject 0/f5 caller unknown'],
    ['for the user data', { userData: octets('c0') }, { calling: '999' }, 'engine by it'],
    [
      'for other user data',
      { userData: octets('cc') },
      { calling: '999' },
      'reject 0/f9 call user data not wanted',
    ],
    ['for other user data, and a peer', { userData: octets('cc') }, {}, 'engine as site-b'], // falls to the peers
    [
      'for any number, and none given',
      { calling: number('*') },
      { calling: '' },
      'reject 0/f5 no calling address',
    ],
    ['about no number, and none given', {}, { calling: '' }, 'reject 0/f5 no calling address'],
    ['for callers without one', { calling: number('') }, { calling: '' }, 'engine by it'],
    [
      'for callers without one, and one given',
      { calling: number('') },
      { calling: '999' },
      'reject 0/f5 caller unknown',
    ],
    [
      'for a closed user group',
      { closedUserGroups: ['12'] },
      { closedUserGroup: '12' },
      'engine by it as site-b',
    ],
    [
      'for several closed user groups',
      { closedUserGroups: ['12', '0034'] },
      { closedUserGroup: '34', calling: '999' },
      'engine by it',
    ],
    [
      'for another closed user group',
      { closedUserGroups: ['12'] },
      { closedUserGroup: '21', calling: '999' },
      'reject 0/f5 caller unknown',
    ],
    [
      'for a closed user group, and none given',
      { closedUserGroups: ['00'] },
      { calling: '999' },
      'reject 0/f5 caller unknown',
    ],
    [
      'that takes a reversed charge',
      { action: { ...engine, reverseCharging: true } },
      { reverseCharging: true },
      'engine by it as site-b',
    ],
    [
      'that takes a reversed charge, and none asked for',
      { action: { ...bridge, reverseCharging: true } },
      {},
      'bridge by it as site-b',
    ],
    [
      'that says nothing of a reversed charge',
      {},
      { reverseCharging: true },
      'reject 0/f5 reverse charging, which incoming rule it does not take',
    ],
    [
      'that rejects, and a reversed charge',
      { action: reject },
      { reverseCharging: true },
      'reject 0/f5 incoming rule it',
    ],
    [
      'for a call that can not be accepted',
      {},
      { isRestricted: true },
      'reject 0/f5 fast select with restricted response: it can not be accepted',
    ],
    ['that rejects', { action: reject }, {}, 'reject 0/f5 incoming rule it'],
    [
      'that rejects, and no number given',
      { action: reject },
      { calling: '' },
      'reject 0/f5 incoming rule it',
    ],
    [
      'that rejects with a cause of its own',
      { action: { type: 'reject', cause: 0x0b, diagnostic: 0x46 } },
      {},
      'reject b/46 incoming rule it',
    ],
  ])('%s', (_which, conditions, changes, expected) => {
    expect(outcome(admit({ ...call, ...changes }, [rule(conditions)], peers))).toBe(expected);
  });

  test('is taken before those behind it', () => {
    const rules = [rule({ name: 'first', link: 'psdn0' }), rule({ name: 'second', action: reject })];
    expect(outcome(admit(call, rules, peers))).toBe('engine by first as site-b');
    expect(outcome(admit(call, rules.toReversed(), peers))).toBe('reject 0/f5 incoming rule second');
  });
});

describe('a prefix for international numbers', () => {
  test.each([
    ['26245300040', { international: '0' }, '026245300040'],
    ['26245300040', { international: '' }, '26245300040'],
    ['26245300040', {}, '26245300040'],
  ])('is put before %s by %j', (nua, prefixes, digits) => {
    expect(numberToCall(nua, prefixes)).toBe(digits);
    expect(numberOfCaller(digits, prefixes)).toBe(nua);
  });

  test.each([
    ['26245300040', '26245300040'], // a national number has none
    ['0', '0'],
    ['', ''],
  ])('leaves the caller %j as %j', (calling, nua) => {
    expect(numberOfCaller(calling, { international: '0' })).toBe(nua);
  });
});
