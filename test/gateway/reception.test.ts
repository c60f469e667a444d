import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/core/index.js';
import { DkimSigner, Inspector, type ResolveDns } from '../../src/gateway/authentication/index.js';
import type { Caller } from '../../src/gateway/caller.js';
import { type Received, Reception } from '../../src/gateway/reception.js';
import type { RefusedMail } from '../../src/gateway/refused-mail.js';
import { Aliases, type MailPolicyOptions, Pattern, RelayPolicy } from '../../src/routing/index.js';
import type { ClientFacts, MailCommand, RecipientParameters } from '../../src/smtp/index.js';
import { messageOf, RSA } from '../support/dkim-mail.js';
import { MemorySpool } from '../support/memory-spool.js';
import { openToStrangers, policyOfTests } from '../support/policies.js';

const PEER: Caller = {
  source: 'x25 26245300040 on psdn0',
  origin: 'X.25 26245300040 on psdn0',
  protocol: 'X25',
  calling: '26245300040',
  mayRelay: true,
  isVouched: true,
};
const CLIENT: ClientFacts = {
  hello: { name: 'gw-b.example', extended: true },
  tls: undefined,
  identity: undefined,
  xclient: undefined,
  xforward: undefined,
};
const MAIL: MailCommand = { address: 'a@b.example', body: '8BITMIME' };
const RESTARTABLE: MailCommand = { ...MAIL, transactionId: '<1@gw-b.example>' };

class Session {
  readonly received: Received[] = [];
  readonly problems: string[] = [];
  readonly refused: RefusedMail[] = [];
  readonly reception: Reception;
  readonly #client: ClientFacts;

  constructor(
    spool: MemorySpool,
    clock: VirtualClock,
    {
      caller = PEER,
      client = {},
      policy = {},
      inspector,
      isInHeader = false,
    }: {
      caller?: Caller;
      client?: Partial<ClientFacts>;
      policy?: Partial<MailPolicyOptions>;
      inspector?: Inspector;
      isInHeader?: boolean;
    } = {},
  ) {
    this.#client = { ...CLIENT, ...client };
    this.reception = new Reception({
      caller,
      hostname: 'gw-a.example',
      policy: policyOfTests(policy),
      ...(inspector !== undefined && { inspector }),
      spool,
      clock,
      priorities: { most: 4, isInHeader },
      onReceived: (message) => {
        this.received.push(message);
      },
      onRefused: (refused) => this.refused.push(refused),
      onProblem: (problem) => this.problems.push(problem),
    });
  }

  sender(mail = MAIL) {
    return this.reception.answer({ type: 'sender', mail }, this.#client);
  }

  recipient(address: string, mail = MAIL, parameters: RecipientParameters = {}) {
    return this.reception.answer({ type: 'recipient', address, parameters, mail }, this.#client);
  }

  begin(mail = MAIL, offset = 0) {
    return this.reception.answer({ type: 'begin', mail, offset }, this.#client);
  }

  async data(text: string) {
    await this.reception.store(Buffer.from(text, 'latin1'));
  }

  commit(size: number, mail = MAIL) {
    return this.reception.answer({ type: 'commit', size, mail }, this.#client);
  }
}

function spooled() {
  const clock = new VirtualClock(Date.UTC(1990, 0, 1));
  return { clock, spool: new MemorySpool(clock) };
}
const textOf = (spool: MemorySpool): string => Buffer.from(spool.history[0]?.body ?? []).toString('latin1');

describe('an alias', () => {
  const aliases = Aliases.parse('staff: ann, bob\none: ann\n');
  const ours = Pattern.parse('b.example');
  if (!(aliases instanceof Aliases) || !ours.ok) throw new Error('the policy of this test is wrong');
  const policy = { aliases, relay: new RelayPolicy([], [ours.value]) };

  async function sent(address: string, parameters: RecipientParameters) {
    const { clock, spool } = spooled();
    const session = new Session(spool, clock, { policy });
    await session.sender();
    await session.recipient(address, MAIL, parameters);
    await session.begin();
    await session.data('Subject: x\r\n\r\n');
    await session.commit(14);
    const recipients = spool.history[0]?.envelope.recipients.map(
      ({ address: to, notify = ['unsaid'], originalRecipient }) =>
        `${to} ${notify.join()} ${originalRecipient ?? ''}`,
    );
    return { recipients, expanded: session.received[0]?.expanded };
  }

  test('for several: one word of success is owed for it, and none for them (RFC 3461 §5.2.7)', async () => {
    const asked: RecipientParameters = {
      notify: ['SUCCESS', 'FAILURE'],
      originalRecipient: 'rfc822;Staff@b.example',
    };
    expect(await sent('staff@b.example', asked)).toEqual({
      recipients: [
        'ann@b.example FAILURE rfc822;Staff@b.example',
        'bob@b.example FAILURE rfc822;Staff@b.example',
      ],
      expanded: [{ address: 'staff@b.example', ...asked }],
    });
  });

  test.each<[string, RecipientParameters, string[]]>([
    ['staff@b.example', {}, ['ann@b.example unsaid ', 'bob@b.example unsaid ']],
    ['staff@b.example', { notify: [] }, ['ann@b.example  ', 'bob@b.example  ']],
    ['one@b.example', { notify: ['SUCCESS'] }, ['ann@b.example SUCCESS ']],
  ])('%s, %j: %j', async (address, asked, recipients) => {
    expect(await sent(address, asked)).toEqual({ recipients, expanded: undefined });
  });
});

describe('a message', () => {
  test('is stored with all that the client said of it', async () => {
    const { clock, spool } = spooled();
    const session = new Session(spool, clock, { client: { identity: 'anna' } });
    const mail: MailCommand = {
      ...MAIL,
      smtpUtf8: true,
      ret: 'HDRS',
      envelopeId: 'e1',
      priority: 3,
      deliverBy: { seconds: 600, mode: 'R', trace: false },
    };
    await session.sender(mail);
    await session.recipient('x@b.example', mail);
    await session.begin(mail);
    await session.data('Subject: x\r\n\r\n');
    expect(await session.commit(14, mail)).toMatchObject({ accept: true, reply: { code: 250 } });
    expect(spool.history[0]?.envelope).toMatchObject({
      sender: 'a@b.example',
      recipients: [{ address: 'x@b.example', destination: 'peer:b' }],
      origin: 'x25',
      smtpUtf8: true,
      ret: 'HDRS',
      envelopeId: 'e1',
      priority: 3,
      submitter: 'anna',
      deliverBy: { at: Date.UTC(1990, 0, 1) + 600_000, mode: 'R', trace: false },
    });
    expect(textOf(spool)).toMatch(
      /^Received: from gw-b\.example \(X\.25 26245300040 on psdn0\)\r\n\tby gw-a\.example via X25 with UTF8SMTPA id m1;/,
    );
    expect(session.received).toMatchObject([{ id: 'm1', size: 14 }]);
  });

  test.each<[string, number, number, string]>([
    ['a user gets what is granted at most', 9, 4, '2.3.6'],
    ['a user gets less if he asks for less', -9, -9, ''],
    ['a stranger is told that his counts as usual', 3, 0, '2.3.6'],
    ['a stranger may say that his can wait', -3, -3, ''],
  ])('priorities: %s', async (who, asked, granted, status) => {
    const { clock, spool } = spooled();
    const isUser = who.startsWith('a user');
    const caller = { ...PEER, isVouched: false };
    const session = new Session(spool, clock, { caller, client: isUser ? { identity: 'anna' } : {} });
    const mail: MailCommand = { ...MAIL, priority: asked };
    const verdict = await session.sender(mail);
    expect(verdict).toMatchObject(
      status === '' ? { accept: true } : { accept: true, reply: { code: 250, status } },
    );
    await session.recipient('x@b.example', mail);
    await session.begin(mail);
    await session.data('X-Priority: 1\r\n\r\n');
    await session.commit(14, mail);
    expect(spool.history[0]?.envelope.priority).toBe(granted);
  });

  test.each<[number | undefined, number]>([
    [undefined, 4],
    [-2, -2],
  ])('priority %s, where the header counts if nothing is said: %i', async (priority, kept) => {
    const { clock, spool } = spooled();
    const session = new Session(spool, clock, { client: { identity: 'anna' }, isInHeader: true });
    const mail: MailCommand = priority === undefined ? MAIL : { ...MAIL, priority };
    await session.sender(mail);
    await session.recipient('x@b.example', mail);
    await session.begin(mail);
    await session.data('Subject: x\r\nX-Prio');
    await session.data('rity: 1 (Highest)\r\n\r\nbody');
    await session.commit(14, mail);
    expect(spool.history[0]?.envelope.priority).toBe(kept);
  });

  test('that an access rule holds is kept with the reason', async () => {
    const { clock, spool } = spooled();
    const access = [{ name: 'odd', action: { type: 'hold', reason: 'look at it' } }] as const;
    const session = new Session(spool, clock, { policy: { access } });
    await session.sender();
    await session.recipient('x@b.example');
    await session.begin();
    await session.commit(0);
    expect(spool.history[0]?.envelope.hold).toBe('look at it');
  });

  test('that goes round in circles is refused, and nothing is kept', async () => {
    const { clock, spool } = spooled();
    const session = new Session(spool, clock);
    await session.sender();
    await session.recipient('x@b.example');
    await session.begin();
    await session.data('Received: from a\r\n'.repeat(101));
    expect(await session.commit(1)).toMatchObject({ accept: false, reply: { code: 554, status: '5.4.6' } });
    expect(spool.history).toEqual([]);
    expect(session.refused).toMatchObject([
      { by: 'headerLimits', source: PEER.source, sender: 'a@b.example', message: expect.any(String) },
    ]);
  });

  test('whoever is refused is told with all that is known of the mail, and by what', async () => {
    const { clock, spool } = spooled();
    const limits = { hops: 100, headerOctets: 1000, messages: { count: 1, perMs: 1000 } };
    const session = new Session(spool, clock, { policy: { limits } });
    await session.sender();
    await session.recipient('nobody@b.example');
    await session.sender();
    const facts = { source: PEER.source, hello: 'gw-b.example', sender: 'a@b.example' };
    expect(session.refused).toEqual([
      {
        ...facts,
        by: 'access',
        rule: 'no',
        recipient: 'nobody@b.example',
        reply: { code: 550, status: '5.1.1', text: 'no such user' },
      },
      { ...facts, by: 'rate', reply: expect.objectContaining({ code: 450, status: '4.7.1' }) },
    ]);
  });
});

describe('a message with a TRANSID', () => {
  async function cutOff(session: Session, text: string): Promise<void> {
    await session.sender(RESTARTABLE);
    await session.recipient('x@b.example', RESTARTABLE);
    await session.begin(RESTARTABLE);
    await session.data(text);
    session.reception.end();
  }
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  test('goes on in another session of the same peer', async () => {
    const { clock, spool } = spooled();
    await cutOff(new Session(spool, clock), 'Subject: x\r\n\r\nhalf\r\n');
    await settled();
    const second = new Session(spool, clock);
    expect(await second.sender(RESTARTABLE)).toEqual({ accept: true, checkpoint: { offset: 20 } });
    await second.begin(RESTARTABLE, 20);
    await second.data('Received: this is text\r\n'.repeat(200));
    expect(await second.commit(4820, RESTARTABLE)).toMatchObject({ accept: true });
    expect(textOf(spool)).toMatch(/\r\n\r\nhalf\r\nReceived: this is text\r\n/);
    expect(spool.history[0]?.envelope.recipients).toMatchObject([{ address: 'x@b.example' }]);
  });

  test('that was finished is not taken twice when the reply was lost', async () => {
    const { clock, spool } = spooled();
    const first = new Session(spool, clock);
    await first.sender(RESTARTABLE);
    await first.recipient('x@b.example', RESTARTABLE);
    await first.begin(RESTARTABLE);
    await first.data('all\r\n');
    await first.commit(5, RESTARTABLE);
    expect(await new Session(spool, clock).sender(RESTARTABLE)).toMatchObject({
      accept: true,
      checkpoint: { offset: 5, finished: { code: 250, text: 'ok, 5 octets queued as m1' } },
    });
  });

  test.each<[string, Caller, Partial<ClientFacts>]>([
    ['another number', { ...PEER, calling: '7' }, {}],
    ['a number that nobody vouches for', { ...PEER, isVouched: false }, {}],
    ['another name', PEER, { hello: { name: 'gw-c.example', extended: true } }],
    ['a login', PEER, { identity: 'anna' }],
  ])('begins anew for %s', async (_, caller, client) => {
    const { clock, spool } = spooled();
    await cutOff(new Session(spool, clock), 'half\r\n');
    await settled();
    expect(await new Session(spool, clock, { caller, client }).sender(RESTARTABLE)).toEqual({ accept: true });
  });

  test('has one holder at a time', async () => {
    const { clock, spool } = spooled();
    const first = new Session(spool, clock);
    await first.sender(RESTARTABLE);
    expect(await new Session(spool, clock).sender(RESTARTABLE)).toMatchObject({
      accept: false,
      reply: { code: 451 },
    });
  });

  test('that RSET gave up can still go on', async () => {
    const { clock, spool } = spooled();
    await cutOff(new Session(spool, clock), 'half\r\n');
    await settled();
    const second = new Session(spool, clock);
    await second.sender(RESTARTABLE);
    await second.sender(MAIL);
    await settled();
    expect(await second.sender(RESTARTABLE)).toEqual({ accept: true, checkpoint: { offset: 6 } });
  });
});

describe('a message that is inspected', () => {
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  function inspectorOf(clock: VirtualClock, resolve: ResolveDns = async () => []): Inspector {
    const keys = [{ domain: 'b.example', selector: 's1', privateKey: RSA.key }];
    const signer = new DkimSigner(keys, clock);
    return new Inspector({ hostname: 'gw-a.example', checks: 'note', dnsMs: 1000, resolve, clock, signer });
  }
  const MESSAGE = messageOf('a@b.example');
  /** Everybody may send to b.example, and nobody anywhere. */
  const ANYWHERE = openToStrangers([]);

  test('and cut off, anywhere, is signed as a whole in the session that goes on', async () => {
    const signatures = new Set<string>();
    for (const cut of [20, MESSAGE.indexOf('\r\n\r\n') + 3, MESSAGE.length - 1, MESSAGE.length]) {
      const { clock, spool } = spooled();
      const options = { inspector: inspectorOf(clock) };
      const first = new Session(spool, clock, options);
      await first.sender(RESTARTABLE);
      await first.recipient('x@b.example', RESTARTABLE);
      await first.begin(RESTARTABLE);
      await first.data(MESSAGE.slice(0, cut));
      first.reception.end();
      await settled();
      const second = new Session(spool, clock, options);
      expect(await second.sender(RESTARTABLE)).toEqual({ accept: true, checkpoint: { offset: cut } });
      await second.begin(RESTARTABLE, cut);
      await second.data(MESSAGE.slice(cut));
      expect(await second.commit(MESSAGE.length, RESTARTABLE)).toMatchObject({ accept: true });
      const text = textOf(spool);
      expect(text.endsWith(MESSAGE)).toBe(true);
      signatures.add(text.slice(0, text.indexOf('Received:')));
    }
    expect([...signatures]).toEqual([expect.stringMatching(/^DKIM-Signature: [\s\S]+\r\n$/)]);
  });

  test('of a peer that may not relay: what claims to be ours is renamed, and places stay right after a cut', async () => {
    const forged = `Authentication-Results: gw-a.example; dmarc=pass\r\n${MESSAGE}`;
    const caller = { ...PEER, mayRelay: false };
    for (const cut of [10, 30, 60, 400]) {
      const { clock, spool } = spooled();
      const options = { caller, inspector: inspectorOf(clock), policy: ANYWHERE };
      const first = new Session(spool, clock, options);
      await first.sender({ ...RESTARTABLE, address: 'a@c.example' });
      await first.recipient('x@b.example', RESTARTABLE);
      await first.begin(RESTARTABLE);
      await first.data(forged.slice(0, cut));
      first.reception.end();
      await settled();
      const second = new Session(spool, clock, options);
      const verdict = await second.sender({ ...RESTARTABLE, address: 'a@c.example' });
      const offset = (verdict.accept && verdict.checkpoint?.offset) || 0;
      expect(offset).toBeLessThanOrEqual(cut);
      if (offset === 0) await second.recipient('x@b.example', RESTARTABLE);
      await second.begin(RESTARTABLE, offset);
      await second.data(forged.slice(offset));
      await second.commit(forged.length, RESTARTABLE);
      expect(textOf(spool).endsWith(forged.replace(/^.{22}/, 'X-Untrusted-AuthResult'))).toBe(true);
      expect(textOf(spool)).toMatch(/^Received: /);
    }
  });

  test.each([
    ['one of our networks', { caller: { ...PEER, mayRelay: true } }, true],
    [
      'somebody who has logged in',
      { caller: { ...PEER, mayRelay: false }, client: { identity: 'anna' } },
      true,
    ],
    ['anybody else', { caller: { ...PEER, mayRelay: false } }, undefined],
  ])('of %s: whether it is ours is kept', async (_who, who, ours) => {
    const { clock, spool } = spooled();
    const session = new Session(spool, clock, { ...who, policy: ANYWHERE });
    await session.sender({ ...MAIL, address: 'a@c.example' });
    await session.recipient('x@b.example');
    await session.begin();
    await session.data(MESSAGE);
    await session.commit(MESSAGE.length);
    expect(spool.history[0]?.envelope.ours).toBe(ours);
  });

  test('is not stored when its session is lost while DNS is asked', async () => {
    const { clock, spool } = spooled();
    const caller: Caller = {
      source: 'smtp 192.0.2.9',
      origin: '192.0.2.9',
      protocol: 'TCP',
      address: '192.0.2.9',
    };
    const session = new Session(spool, clock, {
      caller,
      inspector: inspectorOf(clock, () => new Promise(() => {})),
      policy: {
        recipients: {
          judge: (address: string) => ({ accept: true, address, destination: 'peer:b' }),
        } as never,
      },
    });
    await session.sender({ ...MAIL, address: 'a@c.example' });
    await session.recipient('x@b.example');
    await session.begin();
    await session.data(MESSAGE);
    const answer = session.commit(MESSAGE.length);
    await settled();
    session.reception.end();
    for (let i = 0; i < 10; i++) {
      clock.runFor(1000);
      await settled();
    }
    expect(await answer).toMatchObject({ accept: false, reply: { code: 451 } });
    expect(spool.history).toEqual([]);
  });
});
