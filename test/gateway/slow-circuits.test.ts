/** Senders over circuits that are slow, and lines that are: real packets on a line with a speed, in virtual time. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CallRequest, LinkStack } from '../../src/circuit/index.js';
import { memoryLine } from '../../src/line/index.js';
import { MailCircuit } from '../../src/rfc1090/index.js';
import { stackOptions } from '../circuit/stack-pair.js';
import { MailEnd } from '../support/circuit-sessions.js';
import { hex } from '../support/hex.js';
import { type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';
import { octets, queued, text } from '../support/smtp-drivers.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A gateway as the DCE of a line, at whose other end is whoever sends. */
class Line {
  readonly sites = new SimulatedSites();
  readonly stack: LinkStack;
  readonly #gatewaysEnd;

  constructor(readonly bitsPerSecond: number) {
    const { clock } = this.sites;
    const line = memoryLine({ clock, bitsPerSecond, delayMs: 20 });
    this.#gatewaysEnd = line.b;
    this.stack = new LinkStack(
      stackOptions('a', clock, bitsPerSecond, (written) => line.a.write(written), {
        channels: { twoWay: [1, 16] },
      }),
    );
    void line.a.open({
      received: (arrived) => this.stack.received(arrived),
      writable: () => this.stack.writable(),
      lost: () => this.stack.lineDown(),
    });
  }

  async start(more = ''): Promise<SimulatedSite> {
    const toml = siteToml('b', more)
      .replace('baud = 64000', `baud = ${this.bitsPerSecond}\nrole = "dce"`)
      .concat('[[incoming]]\ncalling = "*"\naction = "engine"\n');
    const site = await this.sites.start('b', { toml, openLine: () => this.#gatewaysEnd });
    this.stack.start();
    await this.sites.runFor(10 * SECOND);
    return site;
  }

  call(opened: (mail: MailCircuit) => void, facilities: CallRequest['facilities'] = {}): MailCircuit {
    const request = {
      called: '26245300040',
      calling: '23421000001',
      userData: hex('c0 f7 00 00'),
      facilities,
    };
    const mail: MailCircuit = MailCircuit.place(this.stack, request, {
      clock: this.sites.clock,
      opened: () => opened(mail),
    });
    return mail;
  }

  /** Begins a message, then sends `piece` every second until it is told to stop. */
  async trickle(
    piece: string,
    facilities: CallRequest['facilities'] = {},
  ): Promise<{ said: string; isOver: boolean }> {
    const heard = { said: '', isOver: false };
    const mail = this.call((opened) => {
      opened.setReceiver({
        octets: (arrived) => {
          heard.said += text(arrived);
          opened.consumed(arrived.length);
        },
        ready: () => {},
        ended: () => {
          heard.isOver = true;
        },
      });
    }, facilities);
    await this.sites.runUntil(() => heard.said.startsWith('220 '), MINUTE);
    mail.dialogue('greetingSeen');
    const envelope = 'MAIL FROM:<a@site-a.example>\r\nRCPT TO:<x@site-b.example>\r\nDATA\r\n';
    mail.write(octets(`EHLO a.example\r\n${envelope}`), true);
    await this.sites.runUntil(() => heard.said.includes('354 '), MINUTE);
    const { clock } = this.sites;
    const next = (): void => {
      if (heard.isOver) return;
      mail.write(octets(piece), true);
      clock.wake(clock.now() + SECOND, next);
    };
    next();
    return heard;
  }
}

const misdeeds = ({ events }: SimulatedSite): unknown[] =>
  events.flatMap((event) => (event.type === 'misdeed' ? [event.what] : []));

afterEach(() => {
  vi.restoreAllMocks();
});

describe('who only holds a circuit open', () => {
  test('is told so after five minutes and cut off; it is counted', async () => {
    const line = new Line(64_000);
    const site = await line.start();
    const heard = await line.trickle('x');
    await line.sites.runFor(4 * MINUTE);
    expect(heard.said).not.toContain('421');
    await line.sites.runFor(2 * MINUTE);
    expect(heard.said).toMatch(/421 4\.4\.2 Data comes too slowly\r\n$/);
    expect(misdeeds(site)).toEqual(['slowSender']);
    expect(site.calls()).toMatchObject([{ messagesReceived: 0 }]);
    expect(site.spool.history).toEqual([]);
  });

  test('goes on where the call has agreed on no more', async () => {
    const line = new Line(64_000);
    const site = await line.start();
    const throughput = { fromCalling: 75, fromCalled: 75 };
    const heard = await line.trickle('x', { throughput });
    await line.sites.runFor(15 * MINUTE);
    expect([heard.isOver, misdeeds(site)]).toEqual([false, []]);
  });

  test('goes on where that is not asked', async () => {
    const line = new Line(64_000);
    const site = await line.start('[limits]\nslowest_share = 0\n');
    const heard = await line.trickle('x');
    await line.sites.runFor(15 * MINUTE);
    expect([heard.isOver, misdeeds(site)]).toEqual([false, []]);
  });
});

describe('whoever is as fast as can be is never cut off', () => {
  test.each([
    [300, 1],
    [300, 8],
    [2400, 8],
    [9600, 16],
  ])('at %i bit/s, shared by %i circuits', async (bitsPerSecond, circuits) => {
    const line = new Line(bitsPerSecond);
    const site = await line.start();
    // So long that each takes a quarter of an hour.
    const size = Math.round((bitsPerSecond / 10 / circuits) * 15 * 60);
    const body = `Subject: x\r\n\r\n${'x'.repeat(size)}\r\n`;
    const ends: MailEnd[] = [];
    for (let i = 0; i < circuits; i++)
      line.call((mail) => {
        const queue = [queued(`m${i}`, ['x@site-b.example'], body)];
        ends.push(new MailEnd(mail, 'client', { clock: line.sites.clock, queue }));
      });
    const isDone = (): boolean => ends.length === circuits && ends.every(({ finished }) => finished);
    await line.sites.runUntil(isDone, 6 * 60 * MINUTE);
    const outcomes = ends.flatMap(({ results }) => [...results.values()].flat());
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(circuits).fill('delivered'));
    expect(site.spool.history).toHaveLength(circuits);
    expect(misdeeds(site)).toEqual([]);
  });

  test('not for a disk of ours that takes nothing: the window is shut, and it is we who shut it', async () => {
    const line = new Line(9600);
    const site = await line.start();
    let goOn = (): void => {};
    const receive = site.spool.receive.bind(site.spool);
    vi.spyOn(site.spool, 'receive').mockImplementation(async (...asked) => {
      const writer = await receive(...asked);
      const write = writer.write.bind(writer);
      let isHeld = true;
      vi.spyOn(writer, 'write').mockImplementation(async (piece) => {
        if (isHeld)
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
        isHeld = false;
        return write(piece);
      });
      return writer;
    });
    let end: MailEnd | undefined;
    line.call((mail) => {
      const body = `Subject: x\r\n\r\n${'x'.repeat(100_000)}\r\n`;
      const queue = [queued('m', ['x@site-b.example'], body)];
      end = new MailEnd(mail, 'client', { clock: line.sites.clock, queue });
    });
    await line.sites.runFor(9 * MINUTE); // RFC 1090 §10.2 gives us ten
    expect(end?.finished).toBeUndefined();
    goOn();
    await line.sites.runUntil(() => end?.finished !== undefined, 30 * MINUTE);
    expect([end?.finished?.slice(0, 3), site.spool.history.length, misdeeds(site)]).toEqual(['221', 1, []]);
  });
});
