import { describe, expect, test } from 'vitest';
import type { Line } from '../../src/line/index.js';
import { NUMBERS, type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

/** Site A has no packet line but a terminal's place at a PAD of the network. */
function startAtPad(sites: SimulatedSites, clearing: 'break' | 'dtr', peer = ''): Promise<SimulatedSite> {
  const toml = siteToml('a')
    .replace('link = "psdn0"', `link = "psdn0"\n${peer}`)
    .replace('type = "serial"', `type = "pad"\nclearing = "${clearing}"`)
    .replace('baud = 64000', 'baud = 9600');
  return sites.start('a', {
    toml,
    openLine: (): Line => {
      const terminal = sites.network.attachPad({ nua: NUMBERS.a, bitsPerSecond: 9600 });
      let hasDtr = true;
      return {
        name: terminal.name,
        open: (handler) => terminal.open(handler),
        write: (octets) => terminal.write(octets),
        pause: (paused) => terminal.pause(paused),
        close: () => terminal.close(),
        control: {
          sendBreak: () => terminal.sendBreak(),
          onCarrier: () => {},
          setDtr: (on) => {
            if (hasDtr && !on) terminal.hangUp();
            hasDtr = on;
          },
        },
      };
    },
  });
}

const TAKES_PADS = siteToml(
  'b',
  `
[[incoming]]
name = "from PADs"
calling = "${NUMBERS.a}"
call_user_data = "01000000"
action = "engine"
`,
);

describe('a site with nothing but a PAD', () => {
  test.each(['break', 'dtr'] as const)(
    'mail from it is taken by a rule for its user data, cleared by %s',
    async (clearing) => {
      const sites = new SimulatedSites();
      const b = await sites.start('b', { toml: TAKES_PADS });
      const a = await startAtPad(sites, clearing);
      const body = `Subject: by PAD\r\n\r\n.\r\nCLR DTE C:0 D:0\r\n\xe4\xff\x10\r\n${'line\r\n'.repeat(200)}`;
      await a.enqueue({ to: 'x@site-b.example', body });
      await sites.runUntil(() => a.spool.messages.size === 0 && b.calls().length === 1);
      expect(
        b.spool.history.map((message) => Buffer.from(message.body).toString('latin1').endsWith(body)),
      ).toEqual([true]);
      expect(b.calls()[0]).toMatchObject({ callUserData: '01000000', messagesReceived: 1 });
    },
  );

  test.each(['break', 'dtr'] as const)(
    'fetches its mail over its own call, cleared by %s',
    async (clearing) => {
      const sites = new SimulatedSites();
      const b = await sites.start('b', { toml: TAKES_PADS });
      const body = `Subject: fetched\r\n\r\n.\r\nCLR PAD C:0 D:0\r\n\xe4\xff\x10\r\n${'line\r\n'.repeat(200)}`;
      await b.enqueue({ to: 'x@site-a.example', body });
      await sites.runUntil(() => b.calls().length === 1); // in vain: a is not on the network yet
      const a = await startAtPad(sites, clearing, 'fetch = "atrn"');
      await a.enqueue({ to: 'x@site-b.example' });
      await sites.runUntil(() => a.spool.history.length === 2 && b.calls().length === 2);
      expect(
        Buffer.from(a.spool.history[1]?.body ?? [])
          .toString('latin1')
          .endsWith(body),
      ).toBe(true);
      expect(b.calls()[1]).toMatchObject({ verdict: 'completed', messagesSent: 1, messagesReceived: 1 });
      expect((await b.spool.list(9)).map(({ destination }) => destination)).toEqual([
        'smtp:mailbox.example:25',
      ]);
    },
  );

  test('without such a rule the call is refused, and nothing is lost', async () => {
    const sites = new SimulatedSites();
    const b = await sites.start('b');
    const a = await startAtPad(sites, 'break');
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1 && b.calls().length === 1);
    expect([b.spool.history.length, a.spool.messages.size]).toEqual([0, 1]);
    expect(b.calls()[0]).toMatchObject({ verdict: 'refused' });
  });
});
