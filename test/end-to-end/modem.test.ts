import { describe, expect, test } from 'vitest';
import type { Line } from '../../src/line/index.js';
import { EmulatedModem } from '../support/emulated-modem.js';
import { SimulatedSites, type SiteName, siteToml } from '../support/simulated-sites.js';
import { TelephoneNetwork } from '../support/telephone-network.js';

const TELEPHONES = { a: '0301111', b: '0892222' };

/** Two sites with a telephone each and no network but that: whoever dials is the DTE. */
function telephoned() {
  const sites = new SimulatedSites();
  const telephones = new TelephoneNetwork(sites.clock);
  const modemOf = (name: SiteName) =>
    new EmulatedModem({ clock: sites.clock, network: telephones, number: TELEPHONES[name] });
  const modems = { a: modemOf('a'), b: modemOf('b') };
  const start = (name: SiteName) => {
    const other = name === 'a' ? 'b' : 'a';
    const modem = modems[name];
    return sites.start(name, {
      toml: siteToml(name)
        .replace('type = "serial"', `type = "modem"\ndial = "${TELEPHONES[other]}"\nanswer = 1`)
        .replace('baud = 64000', 'baud = 9600'),
      openLine: (): Line => {
        const { control } = modem.line;
        return {
          name: 'modem',
          open: async (handler) => modem.connect(handler),
          write: (octets) => modem.line.write(octets),
          close: async () => {},
          ...(control !== undefined && { control: { ...control, sendBreak: () => {} } }),
        };
      },
    });
  };
  return { sites, telephones, modems, start };
}

const words = (events: readonly { type: string }[]) =>
  events.flatMap((event) => ('event' in event ? [(event.event as { type: string }).type] : []));

describe('a site that dials', () => {
  test('calls by telephone when mail is due, and hangs up when nothing is left', async () => {
    const { sites, start } = telephoned();
    const [a, b] = [await start('a'), await start('b')];
    for (let i = 0; i < 3; i++)
      await a.enqueue({ to: 'x@site-b.example', body: `Subject: ${i}\r\n\r\nhello\r\n` });
    await sites.runUntil(() => a.spool.messages.size === 0);
    await sites.runFor(5 * 60_000);
    expect(b.spool.history).toHaveLength(3);
    expect(a.calls()).toMatchObject([{ verdict: 'completed', messagesSent: 3 }]);
    expect(words(a.events)).toEqual(['dialling', 'connected', 'disconnected']);
  });

  test('a line that is cut in the middle: dialled again, delivered once', async () => {
    const { sites, telephones, modems, start } = telephoned();
    const [a, b] = [await start('a'), await start('b')];
    const body = `Subject: long\r\n\r\n${'x'.repeat(70).concat('\r\n').repeat(400)}`;
    await a.enqueue({ to: 'x@site-b.example', body });
    await sites.runUntil(() => (b.gateway.links[0]?.circuits ?? 0) === 1);
    await sites.runFor(8000);
    telephones.cut(modems.a);
    await sites.runUntil(() => a.spool.messages.size === 0);
    expect(b.spool.history.map((message) => Buffer.from(message.body).toString().endsWith(body))).toEqual([
      true,
    ]);
    expect(words(a.events).filter((type) => type === 'dialling')).toHaveLength(2);
  });
});
