import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { VirtualClock } from '../../../src/core/index.js';
import { keptInMemory } from '../../../src/gateway/kept-file.js';
import { type PolicyStore, policyFile, StsPolicies } from '../../../src/gateway/mta-sts/index.js';
import { ScriptedDns } from '../../support/scripted-dns.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const text = (mode = 'enforce', maxAge = 86_400): string =>
  `version: STSv1\nmode: ${mode}\nmx: mail.example.org\nmax_age: ${maxAge}\n`;
const record = (id: string): readonly string[] => [`v=STSv1; id=${id}`];

function world({
  clock = new VirtualClock(Date.UTC(1990, 0, 1)),
  store = keptInMemory() as PolicyStore,
} = {}) {
  const says: { dns: readonly string[] | string; policy: string | Error } = {
    dns: record('1'),
    policy: text(),
  };
  const counted = { asked: 0, fetched: 0 };
  const problems: string[] = [];
  const policies = new StsPolicies({
    clock,
    store,
    resolve: (name, type) => {
      counted.asked++;
      return new ScriptedDns({ 'TXT _mta-sts.example.org': says.dns }).resolve(name, type);
    },
    fetch: async () => {
      counted.fetched++;
      if (says.policy instanceof Error) throw says.policy;
      return says.policy;
    },
    onProblem: (problem) => problems.push(problem),
  });
  const mode = async (domain = 'example.org') => (await policies.find(domain))?.mode;
  return { clock, says, counted, problems, policies, mode };
}

describe('policies of domains', () => {
  test('are fetched once, and asked for at most every five minutes', async () => {
    const { clock, counted, mode } = world();
    expect(await Promise.all([mode(), mode(), mode()])).toEqual(['enforce', 'enforce', 'enforce']);
    expect(await mode()).toBe('enforce');
    expect(counted).toEqual({ asked: 1, fetched: 1 });
    clock.runFor(6 * MINUTE);
    expect(await mode()).toBe('enforce');
    expect(counted).toEqual({ asked: 2, fetched: 1 });
  });

  test('are fetched anew when DNS has another id, or when their time is over', async () => {
    const { clock, says, counted, mode } = world();
    await mode();
    says.policy = text('none');
    clock.runFor(6 * MINUTE);
    expect(await mode()).toBe('enforce');
    says.dns = record('2');
    clock.runFor(6 * MINUTE);
    expect([await mode(), counted.fetched]).toEqual([undefined, 2]);
    says.policy = text();
    clock.runFor(DAY);
    expect([await mode(), counted.fetched]).toEqual(['enforce', 3]);
  });

  test.each([
    ['DNS says that there is none', { dns: 'ENOTFOUND' }],
    ['DNS does not answer', { dns: 'ETIMEOUT' }],
    ['the new one can not be fetched', { dns: record('2'), policy: new Error('no way there') }],
    ['the new one is none', { dns: record('2'), policy: '<html>' }],
  ])('stay in force for their time, although %s', async (_, change) => {
    const { clock, says, mode } = world();
    await mode();
    Object.assign(says, change);
    clock.runFor(DAY - MINUTE);
    expect(await mode()).toBe('enforce');
    clock.runFor(6 * MINUTE);
    expect(await mode()).toBeUndefined();
  });

  test('that can not be fetched bind nobody, and somebody is told', async () => {
    const { clock, says, counted, problems, mode } = world();
    says.policy = new Error('HTTP status 404');
    expect([await mode(), await mode()]).toEqual([undefined, undefined]);
    expect(problems).toEqual(["MTA-STS policy of example.org can't be had: HTTP status 404"]);
    says.policy = text();
    clock.runFor(6 * MINUTE);
    expect([await mode(), counted.fetched]).toEqual(['enforce', 2]);
  });

  test.each(['testing', 'none'])('that say %s bind nobody', async (mode) => {
    const { says, mode: found } = world();
    says.policy = text(mode);
    expect(await found()).toBeUndefined();
  });

  test('are not asked for where there is none', async () => {
    const { counted, mode } = world();
    expect(await mode('elsewhere.example')).toBeUndefined();
    expect(counted).toEqual({ asked: 1, fetched: 0 });
  });

  test('outlive the program', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'x25mail-sts-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const store = policyFile(join(folder, 'mta-sts.json'));
    const first = world({ store });
    expect(await first.mode()).toBe('enforce');
    await first.policies.stop();
    expect(JSON.parse(readFileSync(join(folder, 'mta-sts.json'), 'utf8')).domains).toMatchObject({
      'example.org': {
        id: '1',
        until: '1990-01-02T00:00:00.000Z',
        mode: 'enforce',
        mx: ['mail.example.org'],
      },
    });
    const second = world({ store, clock: first.clock });
    second.says.dns = 'ENOTFOUND';
    expect(await second.mode()).toBe('enforce');
    expect(second.counted.fetched).toBe(0);
  });

  test('of a thousand domains are remembered', async () => {
    const { counted, mode } = world();
    await mode();
    for (let i = 0; i < 1_000; i++) await mode(`domain-${i}.example`);
    counted.fetched = 0;
    await mode();
    expect(counted.fetched).toBe(1);
  });
});
