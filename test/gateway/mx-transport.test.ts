import { describe, expect, test } from 'vitest';
import type { MailServer } from '../../src/gateway/mail-servers.js';
import type { MailSource } from '../../src/gateway/mail-source.js';
import { MxTransport } from '../../src/gateway/mx-transport.js';
import type { Transport, TransportEnd } from '../../src/gateway/transport.js';
import type { MxAnswer } from '../../src/line/index.js';
import type { OutgoingMessage, RecipientOutcome } from '../../src/smtp/index.js';

const SERVERS: MxAnswer = {
  records: [
    { exchange: 'one.example', preference: 10 },
    { exchange: 'two.example', preference: 20 },
  ],
};

/** Mail for one domain, and servers that take so many messages each; undefined: nobody answers there. */
async function run(answer: MxAnswer, takes: Readonly<Record<string, number | undefined>> = {}) {
  const waiting = ['m1', 'm2', 'm3'];
  const sessions: string[] = [];
  const settled: string[] = [];
  const mail = {
    delivered: 0,
    next: async () => {
      const id = waiting.shift();
      return id === undefined
        ? undefined
        : { id, sender: 's@a', recipients: [{ address: `u@x`, parameters: {} }], size: 1, parameters: {} };
    },
    settle: async ({ id }: OutgoingMessage, outcomes: readonly RecipientOutcome[]) => {
      settled.push(`${id} ${outcomes.map(({ outcome, reason }) => `${outcome} ${reason}`)}`);
    },
  };
  const transportTo = ({ name }: MailServer): Transport => ({
    concurrency: 5,
    run: async (): Promise<TransportEnd> => {
      sessions.push(name);
      const most = takes[name];
      if (most === undefined) return { inOrder: false, reason: `${name}: no answer` };
      let taken = 0;
      while (taken < most && (await mail.next()) !== undefined) taken++;
      mail.delivered += taken;
      return { inOrder: waiting.length === 0, reason: `${name}: 221 bye` };
    },
  });
  const transport = new MxTransport({
    domain: 'x.example',
    search: {
      lookUpMx: async () => answer,
      lookUp: async () => ({ addresses: ['192.0.2.1'] }),
      own: { isOurName: () => false, isOurAddress: () => false },
      random: () => 0,
    },
    arrange: (servers) => servers,
    transportTo,
  });
  const end = await transport.run(mail as unknown as MailSource);
  return { end, sessions, settled };
}

describe('mail to the servers of a domain', () => {
  test('goes to the first, all in one session', async () => {
    expect(await run(SERVERS, { 'one.example': 9 })).toMatchObject({
      sessions: ['one.example'],
      end: { inOrder: true },
    });
  });

  test('goes to the next when one does not answer', async () => {
    expect(await run(SERVERS, { 'two.example': 9 })).toMatchObject({
      sessions: ['one.example', 'two.example'],
      end: { inOrder: true },
    });
  });

  test('waits when none answers, and all that was tried is told', async () => {
    expect(await run(SERVERS)).toEqual({
      sessions: ['one.example', 'two.example'],
      settled: [],
      end: { inOrder: false, reason: 'one.example: no answer; two.example: no answer' },
    });
  });

  test('waits when DNS does not answer', async () => {
    const { end, settled } = await run({ records: [], failure: 'queryMx ETIMEOUT x.example' });
    expect([end.inOrder, end.reason, settled]).toEqual([false, expect.stringMatching(/^451 4\.4\.3 /), []]);
  });

  test('is given up where there is none, all of it', async () => {
    const { end, settled, sessions } = await run({ records: [{ exchange: '', preference: 0 }] });
    const reason = '556 5.1.10 x.example takes no mail: that is what its MX record says';
    expect([end.inOrder, sessions]).toEqual([true, []]);
    expect(settled).toEqual(['m1', 'm2', 'm3'].map((id) => `${id} permanent ${reason}`));
  });
});
