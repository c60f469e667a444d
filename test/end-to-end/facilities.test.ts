import { describe, expect, test } from 'vitest';
import { SimulatedSites, siteToml } from '../support/simulated-sites.js';

/** Site a, whose calls to the other site ask for these sets. */
function askingFor(sets: string): string {
  return siteToml('a').replace('\n[[route]]', `\nfacilities = [${sets}]\n[[route]]`);
}

describe('a call at the cost of the called side', () => {
  const TOML = askingFor('{ reverse_charging = true }');

  test('is refused before it is accepted, and the record says why', async () => {
    const sites = new SimulatedSites();
    const [a, b] = [await sites.start('a', { toml: TOML }), await sites.start('b')];
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1 && b.calls().length === 1);
    expect(b.events).toContainEqual(
      expect.objectContaining({ type: 'call', refusedBecause: 'reverse charging' }),
    );
    expect(a.calls()).toMatchObject([
      { verdict: 'failed', ending: { by: 'peer', cause: 0, diagnostic: 0xf5 } },
    ]);
    expect(b.spool.history).toEqual([]);
  });

  test('is taken where the rule says so', async () => {
    const sites = new SimulatedSites();
    const rule = '[[incoming]]\naction = "engine"\nreverse_charging = true';
    const [a, b] = [
      await sites.start('a', { toml: TOML }),
      await sites.start('b', { toml: siteToml('b', rule) }),
    ];
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1 && b.calls().length === 1);
    expect(b.calls()).toMatchObject([
      { verdict: 'completed', messagesReceived: 1, facilities: { reverseCharging: true } },
    ]);
  });
});

test('a rule takes the calls of its closed user group only', async () => {
  const sites = new SimulatedSites();
  const rules =
    '[[incoming]]\naction = "engine"\ncug = "12"\n[[incoming]]\nname = "all other"\naction = "reject"';
  const toml = askingFor('{ closed_user_group = "13" }');
  const b = await sites.start('b', { toml: siteToml('b', rules) });
  const stranger = await sites.start('a', { toml });
  await stranger.enqueue({ to: 'x@site-b.example' });
  await sites.runUntil(() => b.calls().length === 1);
  expect(b.events).toContainEqual(expect.objectContaining({ refusedBecause: 'incoming rule all other' }));
});

test('every facility that a peer can be asked for crosses the network, and the mail with it', async () => {
  const sites = new SimulatedSites();
  const sets = `{ packet_size = { send = 512, receive = 256 }, window = 3, throughput = 9600,
    fast_select = "unrestricted", redirection = "prevented", closed_user_group_outgoing = "12", nui = "secret",
    rpoa = ["2342", "2080"], charging_information = true, transit_delay = "200ms", called_address_extension = "4700",
    calling_address_extension = "other:12", minimum_throughput = 1200, end_to_end_delay = "1s", priority = [1, 2],
    protection = "8001", expedited = false, raw = "850102030000050100FF0502" }`.replaceAll('\n', '');
  const [a, b] = [await sites.start('a', { toml: askingFor(sets) }), await sites.start('b')];
  await a.enqueue({ to: 'x@site-b.example' });
  await sites.runUntil(() => a.calls().length === 1 && b.calls().length === 1);
  const both = (value: number) => ({ fromCalled: value, fromCalling: value });
  expect(b.calls()[0]?.facilities).toEqual({
    packetSize: { fromCalled: 256, fromCalling: 512 },
    windowSize: both(3),
    throughput: both(9600),
    fastSelect: 'unrestricted',
    redirectionControl: 'prevented',
    closedUserGroupOutgoing: '12',
    transitNetworks: ['2342', '2080'],
    chargingRequested: true,
    transitDelay: 200,
    calledAddressExtension: { use: 'nsap', digits: '4700' },
    callingAddressExtension: { use: 'other', digits: '12' },
    minimumThroughput: both(1200),
    endToEndDelay: { cumulative: 0, wanted: 1000 },
    priority: [1, 2],
    protection: '8001',
    expedited: false,
    other: '850102030000050100FF0502',
  });
  expect(a.calls()).toMatchObject([{ verdict: 'completed', messagesSent: 1 }]);
});
