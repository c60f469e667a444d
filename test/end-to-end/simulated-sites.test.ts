import { describe, expect, test } from 'vitest';
import { type SimulatedSite, SimulatedSites, siteToml } from '../support/simulated-sites.js';

const MINUTE = 60_000;

const outcomes = ({ spool }: SimulatedSite) =>
  spool.settlements.map(({ message, outcome }) => `${message} ${outcome.type}`);

describe('two sites', () => {
  test('a message crosses as it is, below one more Received field', async () => {
    const sites = new SimulatedSites();
    const [a, b] = [await sites.start('a'), await sites.start('b')];
    const body = 'Subject: hello\r\n\r\n.\r\n..dots\r\n\u00e4\u00f6\r\n';
    await a.enqueue({ to: 'x@site-b.example', body });
    await sites.runUntil(() => a.calls().length === 1 && b.calls().length === 1);
    const arrived = b.spool.history[0];
    const text = Buffer.from(arrived?.body ?? []).toString('latin1');
    expect(text.slice(text.length - body.length)).toBe(body);
    expect(text.slice(0, text.length - body.length)).toMatch(
      /^Received: from gw-a\.example \(X\.25 23421000001 on psdn0\)\r\n\tby gw-b\.example via X25 with ESMTP id m1;\r\n\t[^\r\n]+\r\n$/,
    );
    expect(arrived?.envelope).toMatchObject({
      sender: 'from@site-a.example',
      recipients: [{ address: 'x@site-b.example', destination: 'smtp:mailbox.example:25' }],
      source: 'x25 23421000001 on psdn0',
    });
    expect(outcomes(a)).toEqual(['m1 delivered']);
    expect(a.calls()).toMatchObject([
      { verdict: 'completed', messagesSent: 1, ending: { by: 'us', cause: 0, diagnostic: 0xf1 } },
    ]);
    expect(b.calls()).toMatchObject([
      { verdict: 'completed', messagesReceived: 1, ending: { by: 'peer', cause: 0, diagnostic: 0xf1 } },
    ]);
  });

  test('one call carries all that waits, and what comes meanwhile', async () => {
    const sites = new SimulatedSites();
    const [a, b] = [
      await sites.start('a', { subscription: { bitsPerSecond: 9600 } }),
      await sites.start('b'),
    ];
    for (let i = 0; i < 20; i++) await a.enqueue({ to: 'x@site-b.example', body: `Subject: ${i}\r\n\r\n` });
    await sites.runUntil(() => b.spool.history.length === 5);
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(b.spool.history).toHaveLength(21);
    expect(a.calls()).toMatchObject([{ messagesSent: 21 }]);
  });

  test('after a call that went well the next message is called for at once', async () => {
    const sites = new SimulatedSites();
    const [a, b] = [await sites.start('a'), await sites.start('b')];
    for (let i = 1; i <= 3; i++) {
      await a.enqueue({ to: 'x@site-b.example' });
      await sites.runUntil(() => a.calls().length === i && b.spool.history.length === i, 5000);
    }
  });

  test('mail crosses both ways at once', async () => {
    const sites = new SimulatedSites();
    const [a, b] = [await sites.start('a'), await sites.start('b')];
    await a.enqueue({ to: 'x@site-b.example' });
    await b.enqueue({ to: 'x@site-a.example' });
    await sites.runUntil(() => a.calls().length === 2 && b.calls().length === 2);
    expect([outcomes(a), outcomes(b)]).toEqual([
      expect.arrayContaining(['m1 delivered']),
      expect.arrayContaining(['m1 delivered']),
    ]);
  });

  test('a refused recipient comes back as a report, which is routed like any mail', async () => {
    const sites = new SimulatedSites();
    const [a, b] = [await sites.start('a'), await sites.start('b')];
    await a.enqueue({ to: 'x@elsewhere.example', sender: 'y@site-b.example' });
    await sites.runUntil(() => b.spool.history.length === 1);
    expect(outcomes(a).slice(0, 1)).toEqual(['m1 failed']);
    const report = Buffer.from(b.spool.history[0]?.body ?? []).toString();
    expect(b.spool.history[0]?.envelope.sender).toBe('');
    expect(report).toContain(
      'Final-Recipient: rfc822; x@elsewhere.example\r\nAction: failed\r\nStatus: 5.7.1\r\n',
    );
    expect(report).toContain('Subject: x\r\n');
  });
});

describe('a site out of reach', () => {
  test('is probed by one message, with growing pauses, and gets everything in one call when it is there', async () => {
    const sites = new SimulatedSites();
    const a = await sites.start('a', { toml: siteToml('a', '[queue]\ndelay_warning = "0s"\n') });
    for (let i = 0; i < 50; i++) await a.enqueue({ to: 'x@site-b.example' });
    // The number is not attached to the network yet: not obtainable, from 4 h.
    await sites.runFor(13 * 3_600_000);
    expect(a.calls().map(({ verdict, ending }) => `${verdict} ${ending.text}`)).toEqual(
      Array(4).fill('failed cleared by the network: not obtainable, invalid called address (0D/43)'),
    );
    // The first attempt had claimed a batch; after that one message each.
    expect(outcomes(a).length).toBeLessThanOrEqual(16 + 3);
    expect(a.events.filter(({ type }) => type === 'attention')).toHaveLength(1);
    const b = await sites.start('b');
    await sites.runUntil(() => b.calls().length === 1);
    await sites.runFor(MINUTE);
    expect(a.calls().slice(4)).toMatchObject([{ verdict: 'completed', messagesSent: 50 }]);
    expect([b.spool.history.length, a.spool.messages.size]).toEqual([50, 0]);
  });

  test('whose mail gets too old: the sender is told, and why', async () => {
    const sites = new SimulatedSites();
    const toml = siteToml('a', '[queue]\nmax_age = "2d"\n');
    const a = await sites.start('a', { toml });
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runFor(3 * 24 * 3_600_000);
    const report = a.spool.history[1];
    expect(report?.envelope).toMatchObject({ sender: '', recipients: [{ address: 'from@site-a.example' }] });
    expect(Buffer.from(report?.body ?? []).toString()).toMatch(
      /Diagnostic-Code: x-x25mail; call to other.*not obtainable/,
    );
    expect(outcomes(a).filter((line) => line === 'm1 failed')).toHaveLength(1);
  });

  test('a report that can not be delivered either goes to the postmaster, and no further', async () => {
    const sites = new SimulatedSites();
    const toml = siteToml('a', '[queue]\nmax_age = "1h"\n').replace(
      'root@site-a.example',
      'root@site-b.example',
    );
    const a = await sites.start('a', { toml });
    await a.enqueue({ to: 'x@site-b.example', sender: 'y@site-b.example' });
    await sites.runFor(24 * 3_600_000);
    expect(
      a.spool.history.map(({ envelope }) => `<${envelope.sender}> ${envelope.recipients[0]?.address}`),
    ).toEqual(['<y@site-b.example> x@site-b.example', '<> y@site-b.example', '<> root@site-b.example']);
    expect(a.spool.messages.size).toBe(0);
  });
});

describe('a call cut off', () => {
  test('in the middle of the data is tried again, and delivered once', async () => {
    const sites = new SimulatedSites();
    let isCut = false;
    const a = await sites.start('a', {
      subscription: { bitsPerSecond: 9600, disturb: (octets) => (isCut ? [] : [octets]) },
    });
    const b = await sites.start('b');
    const body = `Subject: long\r\n\r\n${'x'.repeat(70).concat('\r\n').repeat(300)}`;
    await a.enqueue({ to: 'x@site-b.example', body });
    await sites.runUntil(() => (b.gateway.links[0]?.circuits ?? 0) === 1);
    await sites.runFor(10_000);
    isCut = true;
    // T1 of the link runs out N2 times, and everything on it ends.
    await sites.runUntil(() => a.calls().length === 1);
    isCut = false;
    await sites.runUntil(() => b.spool.history.length === 1);
    await sites.runFor(30 * MINUTE);
    expect(b.spool.history).toHaveLength(1);
    expect(
      Buffer.from(b.spool.history[0]?.body ?? [])
        .toString()
        .endsWith(body),
    ).toBe(true);
    expect(a.calls()[0]).toMatchObject({ verdict: 'interrupted', messagesSent: 0 });
    expect(outcomes(a)).toEqual(['m1 deferred', 'm1 delivered']);
  });
});

describe('a gateway that is stopped in the middle of a long message', () => {
  const BODY = `Subject: long\r\n\r\n${'x'.repeat(70).concat('\r\n').repeat(1500)}`;

  test('sends only the rest of it when it runs again', async () => {
    const sites = new SimulatedSites();
    const a = await sites.start('a', { subscription: { bitsPerSecond: 9600 } });
    const b = await sites.start('b');
    await a.enqueue({ to: 'x@site-b.example', body: BODY });
    await sites.runUntil(() => (b.gateway.links[0]?.circuits ?? 0) === 1);
    await sites.runFor(30_000);
    let isStopped = false;
    void a.gateway.stop().then(() => {
      isStopped = true;
    });
    await sites.runUntil(() => isStopped);
    expect(a.calls()).toMatchObject([{ verdict: 'interrupted', messagesSent: 0 }]);
    const again = await sites.start('a', { spool: a.spool });
    await sites.runUntil(() => again.calls().length === 1);
    expect(again.calls()).toMatchObject([{ verdict: 'completed', messagesSent: 1 }]);
    const sent = [...a.calls(), ...again.calls()].map((call) => call.sent.octets);
    expect(b.spool.history).toHaveLength(1);
    expect(
      Buffer.from(b.spool.history[0]?.body ?? [])
        .toString()
        .endsWith(BODY),
    ).toBe(true);
    // What lay in windows and buffers when the call was cut off is all that goes out a second time.
    expect(sent[0]).toBeGreaterThan(30_000);
    expect((sent[0] ?? 0) + (sent[1] ?? 0)).toBeLessThan(BODY.length + 8000);
  });
});

describe('an unwanted call', () => {
  test('from an unknown caller is refused before it is accepted', async () => {
    const sites = new SimulatedSites();
    const toml = siteToml('b').replace('nua = "23421000001"', 'nua = "99999"');
    const [a, b] = [await sites.start('a'), await sites.start('b', { toml })];
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(a.calls()[0]).toMatchObject({ verdict: 'failed', ending: { cause: 0, diagnostic: 0xf5 } });
    expect(b.calls()[0]).toMatchObject({ verdict: 'refused', connectedMs: 0 });
    expect(b.events.filter(({ type }) => type === 'call')).toMatchObject([
      { refusedBecause: 'caller unknown' },
    ]);
  });

  test('with other call user data is refused as such', async () => {
    const sites = new SimulatedSites();
    const toml = siteToml('a').replace('link = "psdn0"', 'link = "psdn0"\ncall_user_data = "01000000"');
    const [a] = [await sites.start('a', { toml }), await sites.start('b')];
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(a.calls()[0]).toMatchObject({ ending: { cause: 0, diagnostic: 0xf9 } });
  });

  test('that would not find room on the disk is refused with a passing diagnostic', async () => {
    const sites = new SimulatedSites();
    const [a, b] = [await sites.start('a'), await sites.start('b')];
    b.spool.room = -1;
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(a.calls()[0]).toMatchObject({ ending: { cause: 0, diagnostic: 0xa3 } });
    b.spool.room = Number.POSITIVE_INFINITY;
    await sites.runUntil(() => b.spool.history.length === 1);
  });
});

describe('a disk that can not be asked', () => {
  test('refuses the call for now, is told, and ends nothing', async () => {
    const sites = new SimulatedSites();
    const [a, b] = [await sites.start('a'), await sites.start('b')];
    b.spool.hasRoom = () => Promise.reject(new Error('EIO'));
    await a.enqueue({ to: 'x@site-b.example' });
    await sites.runUntil(() => a.calls().length === 1);
    expect(a.calls()[0]).toMatchObject({ ending: { cause: 0, diagnostic: 0xa3 } });
    expect(b.events).toContainEqual({ type: 'problem', problem: "the spool's disk can't be asked: EIO" });
  });
});

describe('stopping', () => {
  test('in the middle of a look for mail leaves nothing running', async () => {
    const sites = new SimulatedSites();
    const a = await sites.start('a');
    await sites.runFor(1000);
    let stopped = false;
    a.gateway.poke();
    void a.gateway
      .stop()
      .then(() => sites.network.close())
      .then(() => {
        stopped = true;
      });
    await sites.runUntil(() => stopped, 60_000);
    expect(sites.clock.next()).toBeUndefined();
  });

  test('lets the message that is on its way arrive, tells the network, and keeps the rest queued', async () => {
    const sites = new SimulatedSites();
    const a = await sites.start('a', { subscription: { bitsPerSecond: 9600 } });
    const b = await sites.start('b');
    const body = `Subject: some\r\n\r\n${'x'.repeat(70).concat('\r\n').repeat(100)}`;
    for (let i = 0; i < 3; i++) await a.enqueue({ to: 'x@site-b.example', body });
    await sites.runUntil(() => (b.gateway.links[0]?.circuits ?? 0) === 1);
    await sites.runFor(3000);
    let stopped = false;
    void a.gateway.stop().then(() => {
      stopped = true;
    });
    await sites.runUntil(() => stopped);
    expect(b.spool.history).toHaveLength(1);
    expect(a.spool.messages.size).toBe(2);
    expect(a.calls()[0]).toMatchObject({ verdict: 'completed', messagesSent: 1 });
  });
});
