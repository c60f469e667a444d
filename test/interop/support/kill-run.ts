import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { Mailbox } from '../../../src/cli/demo/mailbox.js';
import { SystemClock } from '../../../src/core/index.js';
import { seeded } from '../../support/random.js';
import { type Arrival, type Explained, explainDuplicates, type Kill } from './duplicates.js';
import { type Background, eventually, freePort } from './programs.js';
import { SerialPair } from './serial.js';
import { runSite, type SiteName, serialLink, siteToml } from './site.js';

export interface KillRun {
  /** Messages that got their 250. */
  readonly accepted: number;
  readonly arrived: number;
  /** Accepted, and never seen at the other side. */
  readonly lost: string[];
  /** Seen with other octets than were sent. */
  readonly damaged: string[];
  /** Arrivals beyond the first of a message. */
  readonly duplicates: Explained;
  readonly kills: string[];
}

/**
 * Two gateways as processes on a serial line, mail under way all the time, and one of them killed at a seeded moment,
 * again and again. Afterwards everything that was accepted must arrive.
 */
export async function killAgainAndAgain(folder: string, seed: number, kills: number): Promise<KillRun> {
  const random = seeded(seed);
  const arrivals = new Map<string, string[]>();
  const arrived: Arrival[] = [];
  const mailbox = new Mailbox('mailbox.example', new SystemClock(), (message) => {
    const text = Buffer.from(message).toString('latin1');
    const id = /^X-Number: (\d+)\r$/m.exec(text)?.[1] ?? 'unknown';
    arrivals.set(id, [...(arrivals.get(id) ?? []), digest(bodyOf(text))]);
    arrived.push({ message: id, at: Date.now(), ids: { a: idAt('a', text), b: idAt('b', text) } });
  });
  const mailboxPort = await mailbox.listen();
  const line = await SerialPair.open(folder);
  const ports = { a: await freePort(), b: await freePort() };
  const start = (name: 'a' | 'b'): Promise<Background> =>
    runSite(folder, name, toml(name, line[name], ports[name], mailboxPort));
  const sites = { a: await start('a'), b: await start('b') };

  const accepted = new Map<string, string>();
  let isLoaded = true;
  const load = (async () => {
    for (let number = 1; isLoaded; number++) {
      const body = `${number} ${'x'.repeat(Math.floor(random() * 60))}\r\n`.repeat(
        1 + Math.floor(random() * 200),
      );
      if (await submit(ports.a, number, body)) accepted.set(String(number), digest(body));
      else await pause(100); // killed, or on its way up
      await pause(random() * 150);
    }
  })();

  const log: string[] = [];
  const deaths: Kill[] = [];
  for (let kill = 0; kill < kills; kill++) {
    await pause(100 + random() * 900);
    const victim = random() < 0.5 ? 'a' : 'b';
    const site = sites[victim];
    const from = Date.now();
    await site.stop('SIGKILL');
    const hadSettled = (id: string): boolean => hasLogged(site, id);
    deaths.push({ site: victim, from, until: Date.now(), hadSettled });
    log.push(`${victim} after ${accepted.size} accepted, ${arrivals.size} arrived`);
    sites[victim] = await start(victim);
  }
  isLoaded = false;
  await load;

  const lost = (): string[] => [...accepted.keys()].filter((id) => !arrivals.has(id));
  await eventually(() => lost().length === 0, 'all accepted mail arrives', 60_000).catch(() => {});
  await Promise.all([sites.a.stop(), sites.b.stop()]);
  await Promise.all([line.close(), mailbox.close()]);
  return {
    accepted: accepted.size,
    arrived: arrivals.size,
    lost: lost(),
    damaged: [...arrivals].filter(([id, digests]) => isDamaged(accepted.get(id), digests)).map(([id]) => id),
    duplicates: explainDuplicates(arrived, deaths),
    kills: log,
  };
}

/** A message that was never accepted may arrive as well (its 250 was lost): then all arrivals must be alike. */
function isDamaged(sent: string | undefined, digests: readonly string[]): boolean {
  return digests.some((arrived) => arrived !== (sent ?? digests[0]));
}

/** What the gateway of a site called a message. */
function idAt(site: SiteName, message: string): string {
  return new RegExp(`by gw-${site}\\.example[^;]* id (\\w+);`).exec(message)?.[1] ?? 'unknown';
}

/** That the message was delivered. */
function hasLogged({ output }: Background, id: string): boolean {
  return output
    .split('\n')
    .some((line) => line.includes(`"message":"${id}"`) && line.includes('"msg":"delivered"'));
}

function bodyOf(message: string): string {
  return message.slice(message.indexOf('\r\n\r\n') + 4);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function submit(port: number, number: number, body: string): Promise<boolean> {
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    secure: false,
    ignoreTLS: true,
    connectionTimeout: 2000,
  });
  try {
    await transport.sendMail({
      envelope: { from: 'from@site-a.example', to: ['to@site-b.example'] },
      raw: `X-Number: ${number}\r\nSubject: kill\r\n\r\n${body}`,
    });
    return true;
  } catch {
    return false; // no 250: nothing was promised
  } finally {
    transport.close();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function toml(name: SiteName, path: string, smtpPort: number, mailboxPort: number): string {
  return siteToml(name, {
    smtpPort,
    mailboxPort,
    link: serialLink(name, path, 921_600, '[link.lapb]\nt1 = "500ms"\nt2 = "20ms"\n'),
    facilities: '[{ packet_size = 512, window = 7 }]',
    more: '[queue]\nretry = ["1s"]\n',
  });
}
