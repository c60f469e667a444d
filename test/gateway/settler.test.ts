import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { DkimSigner } from '../../src/gateway/authentication/index.js';
import { Reporter, type ReporterOptions } from '../../src/gateway/reporter.js';
import { type SettledEvent, Settler, type SettlerOptions } from '../../src/gateway/settler.js';
import type { RecipientOutcome } from '../../src/smtp/index.js';
import type { Delivery, Envelope, NotifyEvent, RecipientAttributes } from '../../src/spool/index.js';
import { RSA } from '../support/dkim-mail.js';
import { MemorySpool } from '../support/memory-spool.js';
import { type ParsedReport, parseReport } from '../support/report-parts.js';

const HOUR = 3_600_000;
const START = Date.UTC(1990, 0, 1);
const SENDER = 'from@a.example';
const POSTMASTER = 'root@a.example';

type Mail = Partial<Envelope> & { to?: Readonly<Record<string, RecipientAttributes>>; text?: string };

class Desk {
  readonly clock = new VirtualClock(START);
  readonly spool = new MemorySpool(this.clock);
  readonly settled: SettledEvent[] = [];
  readonly problems: string[] = [];
  readonly settler: Settler;

  constructor({
    signer,
    ...options
  }: Partial<SettlerOptions> & { postmaster?: string | undefined } & Pick<ReporterOptions, 'signer'> = {}) {
    const onProblem = (problem: string) => void this.problems.push(problem);
    const postmaster = 'postmaster' in options ? options.postmaster : POSTMASTER;
    this.settler = new Settler({
      spool: this.spool,
      clock: this.clock,
      reporter: new Reporter({
        spool: this.spool,
        clock: this.clock,
        hostname: 'gw-a.example',
        postmaster,
        destinationOf: (address) => (address.endsWith('@nowhere.example') ? undefined : 'smtp:a:25'),
        remoteMtaOf: (destination) => `dns; ${destination}`,
        onProblem,
        ...(signer !== undefined && { signer }),
      }),
      maxAgeMs: 48 * HOUR,
      delayWarningMs: 4 * HOUR,
      nextAttempt: (attempts) => this.clock.wallTime() + (attempts + 1) * HOUR,
      onSettled: (event) => this.settled.push(event),
      onProblem,
      ...options,
    });
  }

  /** @returns its delivery, not claimed. */
  async receive({ to = { x: {} }, text = 'Subject: x\r\n\r\nhello\r\n', ...rest }: Mail = {}) {
    const writer = await this.spool.receive();
    await writer.write(Buffer.from(text, 'latin1'));
    await writer.commit({
      sender: SENDER,
      body: '8BITMIME',
      source: 'test',
      received: this.clock.wallTime(),
      recipients: Object.entries(to).map(([address, asked]) => ({
        address,
        destination: 'peer:b',
        ...asked,
      })),
      ...rest,
    });
    const [delivery] = await this.spool.find(writer.id);
    if (delivery === undefined) throw new Error('it is not there');
    return delivery;
  }

  settle(
    delivery: Delivery,
    outcome: Omit<RecipientOutcome, 'address'>,
    ...only: string[]
  ): Promise<boolean> {
    const all = delivery.recipients.map(({ address }) => address);
    const outcomes = (only.length > 0 ? only : all).map((address) => ({ address, ...outcome }));
    return this.settler.settle(delivery, outcomes);
  }

  pass(ms: number): void {
    this.clock.runUntil(this.clock.now() + ms);
  }

  /** `address: action address, ...` of each report. */
  reports(): string[] {
    return this.#reported().map(({ to, report }) => `${to}: ${inShort(report)}`);
  }

  report(index = 0): ParsedReport {
    const found = this.#reported()[index];
    if (found === undefined) throw new Error(`there is no report ${index}`);
    return found.report;
  }

  #reported() {
    return this.spool.history
      .filter(({ envelope }) => envelope.source.startsWith('report on'))
      .map(({ envelope, body }) => ({
        to: envelope.recipients.map(({ address }) => address).join(),
        report: parseReport(body),
      }));
  }
}

function inShort({ status }: ParsedReport): string {
  return status
    .slice(1)
    .map((block) => `${block.get('action')} ${block.get('final-recipient')?.replace('rfc822; ', '')}`)
    .join(', ');
}

const REFUSED = { outcome: 'permanent', reason: '550 5.1.1 no such user' } as const;
const LATER = { outcome: 'temporary', reason: '451 4.2.1 mailbox busy' } as const;
const TAKEN = { outcome: 'delivered', reason: '250 2.0.0 taken' } as const;
const all: NotifyEvent[] = ['SUCCESS', 'FAILURE', 'DELAY'];

describe('a failure', () => {
  test('is reported in one report for all whom it hit together, and written down with it', async () => {
    const desk = new Desk();
    const delivery = await desk.receive({
      to: { x: { originalRecipient: 'rfc822;X@b.example' }, y: { notify: ['FAILURE'] }, z: { notify: [] } },
      envelopeId: 'E1',
    });
    await desk.settle(delivery, REFUSED);
    expect(desk.reports()).toEqual([`${SENDER}: failed x, failed y`]);
    const [ofMessage, ofX] = desk.report().status;
    expect(ofMessage?.get('original-envelope-id')).toBe('E1');
    expect(ofX?.get('original-recipient')).toBe('rfc822; X@b.example');
    expect(ofX?.get('remote-mta')).toBe('dns; peer:b');
    expect(ofX?.get('last-attempt-date')).toBe('Mon, 01 Jan 1990 00:00:00 +0000');
    expect(desk.spool.history[1]?.envelope).toEqual({
      sender: '',
      recipients: [{ address: SENDER, destination: 'smtp:a:25', notify: [] }],
      body: '7BIT',
      source: 'report on m1',
      origin: 'report',
      ours: true,
      received: START,
    });
    expect(await desk.spool.find(delivery.message)).toEqual([]);
    expect(desk.settled.map(({ recipient, outcome }) => `${recipient} ${outcome}`).toSorted()).toEqual([
      'x failed',
      'y failed',
      'z failed',
    ]);
  });

  test.each([
    [undefined, 'HDRS', 'text/rfc822-headers'],
    ['FULL', 'FULL', 'message/rfc822'],
    ['HDRS', 'HDRS', 'text/rfc822-headers'],
  ] as const)('with RET=%s returns %s', async (ret, _what, type) => {
    const desk = new Desk();
    await desk.settle(await desk.receive({ ...(ret !== undefined && { ret }) }), REFUSED);
    const [, , content] = desk.report().parts;
    expect(content?.type).toBe(type);
    expect(content?.text.includes('hello')).toBe(ret === 'FULL');
    expect(content?.text).toMatch(/^Subject: x\r\n/);
  });

  test.each([
    ['a long one', { text: `Subject: x\r\n\r\n${'x'.repeat(65_536)}\r\n` }],
    ['a binary one', { body: 'BINARYMIME' }],
    ['a binary one with CR and LF alone', { body: 'BINARYMIME', text: 'Subject: x\nX: y\rz\r\n\r\n\n' }],
  ] as const)('returns the header alone of %s', async (_what, mail) => {
    const desk = new Desk();
    await desk.settle(await desk.receive({ ...mail, ret: 'FULL' }), REFUSED);
    expect(desk.report().parts[2]).toMatchObject({ type: 'text/rfc822-headers' });
    expect(Buffer.from(desk.spool.history[1]?.body ?? []).toString('latin1')).not.toMatch(
      /\r(?!\n)|(?<!\r)\n/,
    );
  });

  test('of a message with a header in raw UTF-8 returns it as one of RFC 6533', async () => {
    const desk = new Desk();
    await desk.settle(await desk.receive({ text: 'Subject: \xc3\xa4\r\n\r\nx\r\n', ret: 'FULL' }), REFUSED);
    expect(
      desk
        .report()
        .parts.map(({ type }) => type)
        .slice(1),
    ).toEqual(['message/global-delivery-status', 'message/global']);
    expect(desk.spool.history[1]?.envelope.body).toBe('8BITMIME');
    expect(desk.spool.history[1]?.envelope.smtpUtf8).toBeUndefined();
  });

  test('goes to a sender in UTF-8 only by servers that know such names', async () => {
    const desk = new Desk();
    await desk.settle(await desk.receive({ sender: '\u03b4@a.example', smtpUtf8: true }), REFUSED);
    expect(desk.spool.history[1]?.envelope).toMatchObject({
      smtpUtf8: true,
      recipients: [{ address: '\u03b4@a.example' }],
    });
  });

  test('whose message can not be read any more is reported without it', async () => {
    const desk = new Desk();
    const delivery = await desk.receive();
    desk.spool.readBody = () => {
      throw new Error('EIO');
    };
    await desk.settle(delivery, REFUSED);
    expect(desk.reports()).toEqual([`${SENDER}: failed x`]);
    expect(desk.report().parts).toHaveLength(2);
    expect(desk.problems).toEqual(['reading m1 for a report: EIO']);
  });

  test('that can not be written down leaves the message where it was, and no report', async () => {
    const desk = new Desk();
    const delivery = await desk.receive();
    desk.spool.receive = () => Promise.reject(new Error('ENOSPC'));
    await desk.settle(delivery, REFUSED);
    expect(await desk.spool.find(delivery.message)).toHaveLength(1);
    expect([desk.reports(), desk.settled]).toEqual([[], []]);
    expect(desk.problems).toEqual(['writing down what became of m1: ENOSPC']);
  });
});

describe('a report is signed', () => {
  const topOf = ({ spool }: Desk) => spool.history[1]?.envelope.top;

  test('where its domain has a key', async () => {
    const key = { domain: 'gw-a.example', selector: 'x25', privateKey: RSA.key };
    const desk = new Desk({ signer: new DkimSigner([key], new VirtualClock()) });
    await desk.settle(await desk.receive(), REFUSED);
    expect(topOf(desk)).toMatch(/^DKIM-Signature: [^\n]+\n\td=gw-a\.example; s=x25;/);
    expect(desk.problems).toEqual([]);
  });

  test('and sent as it is where it can not be', async () => {
    const signer = { sign: async () => ({ top: '', problem: 'no ink' }) } as unknown as DkimSigner;
    const desk = new Desk({ signer });
    await desk.settle(await desk.receive(), REFUSED);
    expect([topOf(desk), desk.reports()]).toEqual([undefined, [`${SENDER}: failed x`]]);
    expect(desk.problems).toEqual(['the report on m1 is not signed: no ink']);
  });
});

describe('a failure that the sender can not be told of', () => {
  test.each([
    ['nobody sent it: a report of ours', { sender: '', origin: 'report' }, {}, true],
    [
      'nobody sent it: a report of ours, which says NEVER',
      { sender: '', origin: 'report' },
      { notify: [] },
      true,
    ],
    ['nobody sent it: a report of somebody else', { sender: '' }, {}, true],
    ['nobody sent it, and it is not to be reported', { sender: '' }, { notify: [] }, false],
    ['there is no way to him', { sender: 'x@nowhere.example' }, {}, true],
    [
      'there is no way to him, and he does not want to know',
      { sender: 'x@nowhere.example' },
      { notify: [] },
      false,
    ],
  ] as const)('%s', async (_why, mail, asked, isTold) => {
    const desk = new Desk();
    await desk.settle(await desk.receive({ ...mail, to: { x: asked }, ret: 'FULL' }), REFUSED);
    expect(desk.reports()).toEqual(isTold ? [`${POSTMASTER}: failed x`] : []);
    // He has not seen the message before.
    if (isTold) expect(desk.report().parts[2]?.type).toBe('text/rfc822-headers');
  });

  test.each([
    ['the postmaster was not reached', POSTMASTER.toUpperCase(), POSTMASTER],
    ['there is no postmaster', 'x', undefined],
    ['there is no way to the postmaster', 'x', 'root@nowhere.example'],
  ])('ends there when %s', async (_why, to, postmaster) => {
    const desk = new Desk({ postmaster });
    const delivery = await desk.receive({ sender: '', origin: 'report', to: { [to]: {} } });
    await desk.settle(delivery, REFUSED);
    expect(desk.reports()).toEqual([]);
    expect(desk.problems).toEqual(['m1 failed, and nobody can be told: sender <>']);
    expect(await desk.spool.find('m1')).toEqual([]);
  });
});

describe('what was put off', () => {
  test('waits, each recipient for his own next attempt', async () => {
    const desk = new Desk();
    const delivery = await desk.receive();
    await desk.settle(delivery, LATER);
    expect((await desk.spool.find('m1'))[0]).toMatchObject({
      due: START + HOUR,
      recipients: [{ attempts: 1, lastReason: '451 4.2.1 mailbox busy' }],
    });
    expect(desk.reports()).toEqual([]);
  });

  test.each(['settled', 'postponed'])('is given up when its time is over: %s', async (how) => {
    const desk = new Desk();
    const delivery = await desk.receive();
    desk.pass(48 * HOUR);
    if (how === 'settled') await desk.settle(delivery, LATER);
    else await desk.settler.postpone([delivery], LATER.reason, desk.clock.wallTime() + HOUR);
    expect(desk.reports()).toEqual([`${SENDER}: failed x`]);
    expect(desk.report().status[1]?.get('status')).toBe('5.4.7');
    expect(desk.report().status[1]?.get('diagnostic-code')).toBe('smtp; 451 4.2.1 mailbox busy');
    expect(desk.settled).toMatchObject([
      { outcome: 'failed', reason: '451 4.2.1 mailbox busy (tried for as long as allowed)' },
    ]);
  });

  test('is given up by the sweep when nobody tries it', async () => {
    const desk = new Desk();
    for (let i = 0; i < 120; i++) await desk.receive();
    desk.pass(48 * HOUR + 1);
    expect(await desk.settler.sweep()).toBe(120);
    expect(desk.reports()).toHaveLength(120);
    expect(desk.report().status[1]?.has('diagnostic-code')).toBe(false);
  });

  test('stays where it is while nothing can be written down, and the sweep ends', async () => {
    const desk = new Desk();
    for (let i = 0; i < 60; i++) await desk.receive();
    desk.pass(48 * HOUR + 1);
    desk.spool.receive = () => Promise.reject(new Error('ENOSPC'));
    expect(await desk.settler.sweep()).toBe(0);
    expect((await desk.spool.totals()).messages).toBe(60);
  });
});

describe('a warning', () => {
  test('is sent once per message and destination, to who wants to know', async () => {
    const desk = new Desk();
    const delivery = await desk.receive({
      to: { x: {}, y: { notify: ['FAILURE'] }, z: { notify: ['DELAY'] } },
    });
    await desk.settle(delivery, LATER, 'x');
    desk.pass(4 * HOUR);
    await desk.settler.sweep();
    expect(desk.reports()).toEqual([]);
    desk.pass(1);
    await desk.settler.sweep();
    await desk.settler.sweep();
    expect(desk.reports()).toEqual([`${SENDER}: delayed x, delayed z`]);
    const [, ofX, ofZ] = desk.report().status;
    expect(ofX?.get('status')).toBe('4.2.1');
    expect(ofZ?.get('status')).toBe('4.4.1');
    expect(ofX?.get('will-retry-until')).toBe('Wed, 03 Jan 1990 00:00:00 +0000');
    expect(desk.settled.filter(({ outcome }) => outcome !== 'deferred')).toEqual([]);
    expect((await desk.spool.find('m1'))[0]?.recipients).toHaveLength(3);
  });

  test.each([
    ['nobody wants to know', { to: { x: { notify: ['FAILURE', 'SUCCESS'] } } }],
    ['nobody is to be told anything', { to: { x: { notify: [] } } }],
    ['it has no sender', { sender: '' }],
    ['there is no way to the sender', { sender: 'x@nowhere.example' }],
  ] as const)('is not sent when %s, nor asked about again', async (_why, mail) => {
    const desk = new Desk();
    await desk.receive(mail as Mail);
    desk.pass(5 * HOUR);
    await desk.settler.sweep();
    expect(desk.reports()).toEqual([]);
    expect(await desk.spool.unwarned(desk.clock.wallTime(), 9)).toEqual([]);
    expect(desk.problems).toEqual([]);
  });

  test('is never sent when it is switched off', async () => {
    const desk = new Desk({ delayWarningMs: 0 });
    await desk.receive();
    desk.pass(40 * HOUR);
    await desk.settler.sweep();
    expect(desk.reports()).toEqual([]);
  });
});

describe('a success', () => {
  test.each([
    [{ relayed: true }, `${SENDER}: relayed x`],
    [{ final: true }, `${SENDER}: delivered x`],
    [{}, undefined],
  ] as const)('%j: %s', async (facts, report) => {
    const desk = new Desk();
    const delivery = await desk.receive({ to: { x: { notify: all }, y: { notify: ['FAILURE'] }, z: {} } });
    await desk.settle(delivery, { ...TAKEN, ...facts });
    expect(desk.reports()).toEqual(report === undefined ? [] : [report]);
    expect(await desk.spool.find('m1')).toEqual([]);
  });

  test('and a failure at once are two reports, each in one transaction with what it says', async () => {
    const desk = new Desk();
    const delivery = await desk.receive({ to: { x: { notify: all }, y: {}, z: {}, late: {} } });
    const commits: string[] = [];
    const receive = desk.spool.receive.bind(desk.spool);
    desk.spool.receive = async () => {
      const writer = await receive();
      const commit = writer.commit.bind(writer);
      writer.commit = async (envelope, settling = []) => {
        commits.push(settling.map(({ recipient, outcome }) => `${recipient} ${outcome.type}`).join(', '));
        await commit(envelope, settling);
      };
      return writer;
    };
    await desk.settler.settle(delivery, [
      { address: 'x', ...TAKEN, relayed: true },
      { address: 'y', ...REFUSED },
      { address: 'z', ...TAKEN, relayed: true },
      { address: 'late', ...LATER },
    ]);
    expect(desk.reports()).toEqual([`${SENDER}: relayed x`, `${SENDER}: failed y`]);
    expect(commits).toEqual(['x delivered, z delivered, late deferred', 'y failed']);
    expect((await desk.spool.find('m1'))[0]?.recipients.map(({ address }) => address)).toEqual(['late']);
  });

  test('of an alias is told when the message was taken (RFC 3461 §5.2.7)', async () => {
    const desk = new Desk();
    const { message } = await desk.receive({ to: { x: {}, y: {} } });
    const [{ envelope } = { envelope: undefined }] = desk.spool.history;
    if (envelope === undefined) throw new Error('there is no message');
    await desk.settler.expanded({ id: message, ...envelope, size: 5 });
    expect(desk.reports()).toEqual([]);
    const expanded = [{ address: 'staff@a.example', originalRecipient: 'rfc822;Staff@a.example' }];
    await desk.settler.expanded({ id: message, ...envelope, size: 5, expanded });
    expect(desk.reports()).toEqual([`${SENDER}: expanded staff@a.example`]);
    expect(desk.report().status[1]?.get('original-recipient')).toBe('rfc822; Staff@a.example');
    await desk.settler.expanded({ id: message, ...envelope, sender: '', size: 5, expanded });
    expect(desk.reports()).toHaveLength(1);
  });
});

describe('what is to arrive by a given time (RFC 2852)', () => {
  const by = (hours: number, mode: 'R' | 'N', trace = false) => ({
    deliverBy: { at: START + hours * HOUR, mode, trace },
  });

  test('R: is returned when it has not', async () => {
    const desk = new Desk();
    await desk.receive(by(2, 'R'));
    expect(await desk.settler.sweepLate()).toBe(START + 2 * HOUR);
    expect(desk.reports()).toEqual([]);
    desk.pass(2 * HOUR);
    expect(await desk.settler.sweepLate()).toBeUndefined();
    expect(desk.reports()).toEqual([`${SENDER}: failed x`]);
    expect(desk.report().status[0]?.get('deliver-by-date')).toBe('Mon, 01 Jan 1990 02:00:00 +0000');
    expect(desk.report().status[1]?.get('status')).toBe('5.4.7');
    expect(await desk.spool.find('m1')).toEqual([]);
  });

  test('N: its sender is told when it has not, once, and it goes on', async () => {
    const desk = new Desk();
    await desk.receive({ ...by(2, 'N'), to: { x: {}, y: { notify: ['FAILURE'] } } });
    desk.pass(3 * HOUR);
    await desk.settler.sweepLate();
    desk.settler.recheckDeadlines();
    expect(await desk.settler.sweepLate()).toBeUndefined();
    expect(desk.reports()).toEqual([`${SENDER}: delayed x`]);
    expect(desk.report().status[1]?.get('status')).toBe('4.4.7');
    expect((await desk.spool.find('m1'))[0]).toMatchObject({ recipients: [{ attempts: 0 }, {}] });
  });

  test('the next deadline is known of mail that comes, and asked for when there was none', async () => {
    const desk = new Desk();
    expect(await desk.settler.sweepLate()).toBeUndefined();
    await desk.receive(by(3, 'R'));
    desk.settler.expectBy(START + 3 * HOUR);
    expect(await desk.settler.sweepLate()).toBe(START + 3 * HOUR);
    await desk.receive(by(1, 'R'));
    expect(await desk.settler.sweepLate()).toBe(START + 3 * HOUR);
    await desk.settler.sweep();
    expect(await desk.settler.sweepLate()).toBe(START + HOUR);
  });

  test('R: is not sent any more, nor put off, once it is late', async () => {
    const desk = new Desk();
    const [first, second] = [await desk.receive(by(2, 'R')), await desk.receive(by(2, 'R'))];
    expect(await desk.settler.returnLate(first)).toBe(false);
    desk.pass(2 * HOUR);
    expect(await desk.settler.returnLate(first)).toBe(true);
    await desk.settle(second, LATER);
    expect(desk.reports()).toEqual([`${SENDER}: failed x`, `${SENDER}: failed x`]);
    expect(await desk.settler.returnLate(await desk.receive(by(1, 'N')))).toBe(false);
  });

  test('a delay warning names the moment at which it is given up', async () => {
    const desk = new Desk();
    await desk.receive(by(10, 'R'));
    desk.pass(5 * HOUR);
    await desk.settler.sweep();
    expect(desk.report().status[1]?.get('will-retry-until')).toBe('Mon, 01 Jan 1990 10:00:00 +0000');
  });

  test.each([
    ['trace: at every hop', by(2, 'R', true), {}, {}, true],
    ['trace, but NEVER', by(2, 'R', true), {}, { notify: [] }, false],
    ['N, to a server that keeps no time', by(2, 'N'), { untimed: true }, { notify: ['FAILURE'] }, true],
    ['N, to a server that keeps it', by(2, 'N'), {}, {}, false],
    ['N, to the mailbox itself', by(2, 'N'), { final: true, untimed: true }, {}, false],
  ] as const)('passed on: %s', async (_what, mail, facts, asked, isTold) => {
    const desk = new Desk();
    await desk.settle(await desk.receive({ ...mail, to: { x: asked as RecipientAttributes } }), {
      ...TAKEN,
      ...facts,
    });
    expect(desk.reports()).toEqual(isTold ? [`${SENDER}: relayed x`] : []);
  });
});

describe('whatever was asked for and whatever happens', () => {
  const outcome = fc.constantFrom<Omit<RecipientOutcome, 'address'>>(
    REFUSED,
    LATER,
    TAKEN,
    { ...TAKEN, relayed: true },
    { ...TAKEN, final: true },
    { ...TAKEN, relayed: true, untimed: true },
  );
  const recipient = fc.record({
    notify: fc.option(fc.subarray(all), { nil: undefined }),
    outcomes: fc.tuple(outcome, outcome),
  });
  const course = fc.record({
    sender: fc.constantFrom(SENDER, '', 'x@nowhere.example'),
    origin: fc.constantFrom('smtp' as const, 'report' as const),
    mode: fc.constantFrom(undefined, 'R' as const, 'N' as const),
    trace: fc.boolean(),
    recipients: fc.array(recipient, { minLength: 1, maxLength: 4 }),
  });
  type Course = typeof course extends fc.Arbitrary<infer Value> ? Value : never;

  /** Two attempts with a long wait between them, and the end of the message's time. @returns what was reported. */
  async function live({ sender, origin, mode, trace, recipients }: Course): Promise<Desk> {
    const desk = new Desk();
    const asked = recipients.map(
      ({ notify }): RecipientAttributes => (notify === undefined ? {} : { notify }),
    );
    const delivery = await desk.receive({
      sender,
      origin,
      to: Object.fromEntries(asked.map((attributes, i) => [`r${i}`, attributes])),
      ...(mode !== undefined && { deliverBy: { at: START + HOUR, mode, trace } }),
    });
    const attempt = async (which: 0 | 1) => {
      const [waiting] = await desk.spool.find(delivery.message);
      const left = waiting?.recipients.map(({ address }) => address) ?? [];
      const outcomes = recipients.map(({ outcomes }, i) => ({ address: `r${i}`, ...outcomes[which] }));
      await desk.settler.settle(
        delivery,
        outcomes.filter(({ address }) => left.includes(address)),
      );
    };
    await attempt(0);
    desk.pass(5 * HOUR);
    for (let i = 0; i < 2; i++) {
      await desk.settler.sweepLate();
      await desk.settler.sweep();
    }
    await attempt(1);
    desk.pass(48 * HOUR);
    await desk.settler.sweep();
    expect(await desk.spool.find(delivery.message)).toEqual([]);
    return desk;
  }

  test('no report goes to nobody, nor is one that could be reported on', async () => {
    const lived = fc.asyncProperty(course, async (whatever) => {
      const desk = await live(whatever);
      for (const { envelope } of desk.spool.history.slice(1)) {
        expect(envelope).toMatchObject({ sender: '', origin: 'report', recipients: [{ notify: [] }] });
        expect(envelope.recipients.map(({ address }) => address)).not.toContain('');
      }
    });
    await fc.assert(lived, { numRuns: 100 });
  });

  test('nothing is told against NEVER, or twice', async () => {
    const lived = fc.asyncProperty(course, async (whatever) => {
      const told = (await live(whatever)).reports();
      const isOurs = whatever.sender === '' && whatever.origin === 'report';
      for (const [i, { notify }] of whatever.recipients.entries()) {
        const about = told.filter((report) => report.includes(` r${i}`));
        if (notify?.length === 0 && !isOurs) expect(about).toEqual([]);
        const delays = about.filter((report) => report.includes(`delayed r${i}`)).length;
        expect(about.length - delays).toBeLessThanOrEqual(1);
        // Of the time it was to arrive by, and of its long wait.
        expect(delays).toBeLessThanOrEqual(whatever.mode === 'N' ? 2 : 1);
      }
    });
    await fc.assert(lived, { numRuns: 100 });
  });

  test('the postmaster is told of failures alone, and only where there is no sender', async () => {
    const lived = fc.asyncProperty(course, async (whatever) => {
      // The reports wait too long as well, and end with him: not what this is about.
      const told = (await live(whatever)).reports().filter((report) => / r\d/.test(report));
      const toPostmaster = told.filter((report) => report.startsWith(POSTMASTER));
      expect(toPostmaster).toEqual(whatever.sender === SENDER ? [] : told);
      for (const report of toPostmaster) expect(report).not.toMatch(/delayed|relayed|delivered/);
    });
    await fc.assert(lived, { numRuns: 100 });
  });
});
