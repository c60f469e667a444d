import { describe, expect, test } from 'vitest';
import {
  Aliases,
  MailPolicy,
  type MailPolicyOptions,
  Network,
  type PolicyFacts,
  Recipients,
  RelayPolicy,
  Router,
} from '../../src/routing/index.js';
import { domain, template } from './rules.js';

const relay = new RelayPolicy([Network.parse('10.0.0.0/8') as Network], [domain('site-a.example')]);
const recipients = new Recipients(
  new Router([
    { domain: domain('site-b.example'), target: { type: 'peers', peers: ['site-b'] } },
    { domain: domain('site-a.example'), target: { type: 'smtp', host: template('127.0.0.1'), port: 25 } },
  ]),
  relay,
  { hostname: 'gw-a.example', postmaster: 'root@site-a.example' },
);

const HEADER = { hops: 100, headerOctets: 1_048_576 };

function policy(options: Partial<MailPolicyOptions> = {}): MailPolicy {
  return new MailPolicy({ recipients, relay, access: [], protectSenders: true, limits: HEADER, ...options });
}

const STRANGER: PolicyFacts = { address: '192.0.2.1', hello: 'mx', sender: 'a@b.example' };
const TRUSTED: PolicyFacts = { ...STRANGER, address: '10.1.1.1' };
const CALLER: PolicyFacts = { calling: '26245300040', hello: 'gw-b', sender: 'a@b.example' };
const HOUR = 3_600_000;

describe('a recipient', () => {
  test.each<[string, PolicyFacts, boolean]>([
    ['a stranger', STRANGER, false],
    ['who is in a network', TRUSTED, true],
    ['who has logged in', { ...STRANGER, login: 'anna' }, true],
    ['a caller', CALLER, false],
    ['a caller who may relay', { ...CALLER, peerRelay: true }, true],
  ])('elsewhere, for %s', (_, facts, accept) => {
    expect(policy().judgeRecipient('x@site-b.example', facts, 0).accept).toBe(accept);
    expect(policy().judgeRecipient('x@site-a.example', facts, 0).accept).toBe(true);
  });

  test('an access rule refuses, defers, holds, or lets pass to relay control', () => {
    const reply = { code: 554, status: '5.7.1', text: 'no' } as const;
    const access = [
      { name: '1', sender: domain('*@spam.example'), action: { type: 'refuse', reply } },
      { name: '2', sender: domain('*@odd.example'), action: { type: 'hold', reason: 'odd' } },
      { name: '3', action: { type: 'allow' } },
    ] as const;
    const judge = (sender: string, recipient = 'x@site-a.example') =>
      policy({ access }).judgeRecipient(recipient, { ...STRANGER, sender }, 0);
    expect(judge('a@spam.example')).toEqual({ accept: false, by: 'access', rule: '1', reply });
    expect(judge('a@odd.example')).toMatchObject({ accept: true, hold: 'odd' });
    expect(judge('a@b.example')).toEqual({
      accept: true,
      recipients: [{ address: 'x@site-a.example', destination: 'smtp:127.0.0.1:25' }],
    });
    expect(judge('a@b.example', 'x@site-b.example')).toMatchObject({
      accept: false,
      by: 'relaying',
      reply: { status: '5.7.1' },
    });
  });

  test('an alias leads anywhere, for whoever may send to it, all of it or nothing', () => {
    const aliases = Aliases.parse(
      'ops: anna, bert@site-b.example\nbad: x@nowhere.example, anna\n',
    ) as Aliases;
    const judge = (recipient: string) => policy({ aliases }).judgeRecipient(recipient, STRANGER, 0);
    expect(judge('Ops@site-a.example')).toEqual({
      accept: true,
      recipients: [
        { address: 'anna@site-a.example', destination: 'smtp:127.0.0.1:25' },
        { address: 'bert@site-b.example', destination: 'peer:site-b' },
      ],
    });
    expect(judge('bad@site-a.example')).toMatchObject({ accept: false, reply: { status: '5.1.2' } });
    expect(judge('ops@site-b.example').accept).toBe(false);
  });
});

describe('a sender', () => {
  const isTaken = (facts: PolicyFacts, sender: string, options = {}): boolean =>
    policy(options).judgeSender({ ...facts, sender }, 0) === undefined;

  test('in our name is for those who may relay', () => {
    expect(isTaken(STRANGER, 'root@site-a.example')).toBe(false);
    expect(isTaken(CALLER, 'root@SITE-A.example')).toBe(false);
    expect(isTaken(TRUSTED, 'root@site-a.example')).toBe(true);
    expect(isTaken({ ...STRANGER, login: 'anna' }, 'root@site-a.example')).toBe(true);
    expect(isTaken(STRANGER, '')).toBe(true);
    expect(isTaken(STRANGER, 'a@b.example')).toBe(true);
    expect(isTaken(STRANGER, 'root@site-a.example', { protectSenders: false })).toBe(true);
  });
});

describe('rates', () => {
  test('of messages and of recipients, each caller by itself', () => {
    const limited = policy({
      limits: { ...HEADER, messages: { count: 2, perMs: HOUR }, recipients: { count: 3, perMs: HOUR } },
    });
    const sends = (facts: PolicyFacts) => limited.judgeSender(facts, 0)?.reply.code ?? 250;
    expect([sends(STRANGER), sends(STRANGER), sends(STRANGER), sends(CALLER)]).toEqual([250, 250, 450, 250]);
    const asks = (facts: PolicyFacts) => limited.judgeRecipient('x@site-a.example', facts, 0).accept;
    expect([1, 2, 3, 4].map(() => asks(CALLER))).toEqual([true, true, true, false]);
    expect(limited.judgeSender(STRANGER, HOUR / 2)).toBeUndefined();
  });

  test('count a whole IPv6 site, and a user wherever he is', () => {
    const limited = policy({ limits: { ...HEADER, messages: { count: 1, perMs: HOUR } } });
    const sends = (facts: Partial<PolicyFacts>) =>
      limited.judgeSender({ ...STRANGER, ...facts }, 0) === undefined;
    expect([sends({ address: '2001:db8:1:2::1' }), sends({ address: '2001:db8:1:2::9' })]).toEqual([
      true,
      false,
    ]);
    expect([sends({ login: 'a' }), sends({ login: 'a', address: '10.0.0.1' })]).toEqual([true, false]);
  });
});
