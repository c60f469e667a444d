import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SmtpListener } from '../../src/gateway/smtp-listener.js';

function listener(port = 0) {
  const clients: string[] = [];
  let turnedAway = 0;
  const made = new SmtpListener({
    host: '127.0.0.1',
    port,
    maxSessions: 1,
    hostname: 'gw.example',
    onClient: (_stream, address) => clients.push(address),
    onTurnedAway: () => turnedAway++,
  });
  return { made, clients, turnedAway: () => turnedAway };
}

describe('taking SMTP connections', () => {
  test('a client beyond the limit is told to come again, and counted', async () => {
    const { made, clients, turnedAway } = listener();
    await made.listen();
    const first = connect(made.port, '127.0.0.1');
    await once(first, 'connect');
    const second = connect(made.port, '127.0.0.1').setEncoding('latin1');
    const [text] = (await once(second, 'data')) as [string];
    expect(text).toBe('421 4.3.2 gw.example has too many sessions, try again later\r\n');
    expect([clients, turnedAway()]).toEqual([['127.0.0.1'], 1]);
    first.destroy();
    second.destroy();
    made.close();
  });

  test('an address that is taken is said so', async () => {
    const { made } = listener();
    await made.listen();
    await expect(listener(made.port).made.listen()).rejects.toMatchObject({
      code: 'listen',
      message: `cannot listen on 127.0.0.1:${made.port}: another program listens there`,
    });
    made.close();
  });
});
