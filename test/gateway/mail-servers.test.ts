import { describe, expect, test } from 'vitest';
import { findMailServers, type MailServerSearch } from '../../src/gateway/mail-servers.js';
import { ownHosts } from '../../src/gateway/own-hosts.js';
import { lookUpMx } from '../../src/line/index.js';

/** What a resolver answers: MX records by domain, addresses by name, or the code of an error. */
interface Zone {
  readonly mx?: Readonly<Record<string, readonly [number, string][] | string>>;
  readonly addresses?: Readonly<Record<string, readonly string[] | string>>;
  /** Where we listen. */
  readonly listen?: readonly string[];
  readonly interfaces?: readonly string[];
}

function search({
  mx = {},
  addresses = {},
  listen = ['127.0.0.1:2525'],
  interfaces = [],
}: Zone): MailServerSearch {
  const smtp = listen.map((text) => {
    const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(text) ?? [];
    return { host, port: Number(port) };
  });
  const configuration = { gateway: { hostname: 'gw.example' }, listen: { smtp } };
  const resolver = {
    resolveMx: async (domain: string) => {
      const answer = mx[domain] ?? 'ENODATA';
      if (typeof answer === 'string')
        throw Object.assign(new Error(`queryMx ${answer} ${domain}`), { code: answer });
      return answer.map(([priority, exchange]) => ({ priority, exchange }));
    },
  };
  return {
    lookUpMx: (domain) => lookUpMx(domain, resolver),
    lookUp: async (name) => {
      const answer = addresses[name] ?? [];
      return typeof answer === 'string' ? { addresses: [], failure: answer } : { addresses: answer };
    },
    own: ownHosts(configuration as unknown as Parameters<typeof ownHosts>[0], () => interfaces),
    random: () => 0,
  };
}

async function find(domain: string, zone: Zone): Promise<unknown> {
  const found = await findMailServers(domain, search(zone));
  if (!found.ok) return `${found.permanent ? 'refused' : 'later'} ${found.reason}`;
  return found.servers.map(({ name, address }) => `${name} ${address}`);
}

const A = { 'a.example': ['192.0.2.1'], 'b.example': ['192.0.2.2'], 'gw.example': ['192.0.2.9'] };

describe('servers for a domain', () => {
  test('are those of its MX records, in their order', async () => {
    const mx = {
      'x.example': [
        [20, 'b.example'],
        [10, 'a.example'],
      ],
    } as const;
    expect(await find('x.example', { mx: mx as never, addresses: A })).toEqual([
      'a.example 192.0.2.1',
      'b.example 192.0.2.2',
    ]);
  });

  test('without MX records the domain itself is one', async () => {
    expect(await find('a.example', { addresses: A })).toEqual(['a.example 192.0.2.1']);
    expect(await find('a.example', { mx: { 'a.example': 'ENOTFOUND' }, addresses: A })).toEqual([
      'a.example 192.0.2.1',
    ]);
  });

  test('with MX records that lead nowhere its own address does not count', async () => {
    expect(await find('a.example', { mx: { 'a.example': [[10, 'gone.example']] }, addresses: A })).toBe(
      'refused 550 5.1.2 a.example has no mail server: DNS knows no address of it',
    );
  });

  test('have addresses of both families by turns', async () => {
    const addresses = { 'a.example': ['192.0.2.1', '192.0.2.2', '2001:db8::1'] };
    expect(await find('a.example', { addresses })).toEqual([
      'a.example 2001:db8::1',
      'a.example 192.0.2.1',
      'a.example 192.0.2.2',
    ]);
  });

  test('one that has no address is passed over', async () => {
    const mx = {
      'x.example': [
        [10, 'gone.example'],
        [20, 'b.example'],
      ] as [number, string][],
    };
    expect(await find('x.example', { mx, addresses: A })).toEqual(['b.example 192.0.2.2']);
  });

  test('one whose address is not told now is passed over while there are others', async () => {
    const mx = {
      'x.example': [
        [10, 'a.example'],
        [20, 'b.example'],
      ] as [number, string][],
    };
    const addresses = { ...A, 'a.example': 'ETIMEOUT' };
    expect(await find('x.example', { mx, addresses })).toEqual(['b.example 192.0.2.2']);
    expect(await find('x.example', { mx, addresses: { 'a.example': 'ETIMEOUT' } })).toBe(
      'later 451 4.4.3 DNS does not tell where mail for x.example goes: ETIMEOUT',
    );
  });

  test('are not known while DNS does not answer', async () => {
    expect(await find('x.example', { mx: { 'x.example': 'ESERVFAIL' }, addresses: A })).toMatch(
      /^later 451 4\.4\.3 DNS does not tell where mail for x\.example goes: .*ESERVFAIL/,
    );
  });

  test('are none where the domain takes no mail', async () => {
    expect(await find('x.example', { mx: { 'x.example': [[0, '']] } })).toBe(
      'refused 556 5.1.10 x.example takes no mail: that is what its MX record says',
    );
  });

  test('are never more than ten addresses', async () => {
    const many = Array.from({ length: 300 }, (_, i) => `192.0.2.${i % 256}`);
    expect(await find('a.example', { addresses: { 'a.example': many } })).toHaveLength(10);
  });
});

describe('a server that is this gateway', () => {
  const LOOP = 'refused 554 5.4.6 mail for x.example loops back to this gateway';

  test.each<[string, [number, string][], Zone, unknown]>([
    [
      'by its name',
      [
        [10, 'GW.example'],
        [20, 'a.example'],
      ],
      {},
      LOOP,
    ],
    [
      'behind a better one',
      [
        [10, 'a.example'],
        [20, 'gw.example'],
        [30, 'b.example'],
      ],
      {},
      ['a.example 192.0.2.1'],
    ],
    ['by the address of this machine', [[10, 'evil.example']], {}, LOOP],
    [
      'by an address that we listen on',
      [
        [10, 'a.example'],
        [20, 'b.example'],
      ],
      { listen: ['192.0.2.2:25'] },
      ['a.example 192.0.2.1'],
    ],
    [
      'and its equal',
      [
        [10, 'a.example'],
        [10, 'b.example'],
      ],
      { listen: ['192.0.2.2:25'] },
      LOOP,
    ],
    [
      'by any address where we listen on all',
      [[10, 'b.example']],
      { listen: ['0.0.0.0:25'], interfaces: ['192.0.2.2'] },
      LOOP,
    ],
    [
      'not where another server has the port',
      [[10, 'b.example']],
      { listen: ['0.0.0.0:2525'], interfaces: ['192.0.2.2'] },
      ['b.example 192.0.2.2'],
    ],
  ])('%s', async (_, records, zone, expected) => {
    const addresses = { ...A, 'evil.example': ['127.0.0.1'] };
    expect(await find('x.example', { ...zone, mx: { 'x.example': records }, addresses })).toEqual(expected);
  });
});

describe('an address literal', () => {
  test.each([
    ['[192.0.2.7]', ['192.0.2.7 192.0.2.7']],
    ['[ipv6:2001:db8::7]', ['2001:db8::7 2001:db8::7']],
    ['[127.0.0.1]', 'refused 554 5.4.6 mail for [127.0.0.1] loops back to this gateway'],
    [
      '[ipv6:::ffff:127.0.0.1]',
      'refused 554 5.4.6 mail for [ipv6:::ffff:127.0.0.1] loops back to this gateway',
    ],
  ])('%s', async (domain, expected) => {
    expect(await find(domain, {})).toEqual(expected);
  });
});
