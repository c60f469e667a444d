import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { formatProblem, parseConfiguration } from '../../src/config/index.js';
import { SystemClock, VirtualClock } from '../../src/core/index.js';
import { DkimSigner, Inspector, type ResolveDns } from '../../src/gateway/authentication/index.js';
import { SmtpService } from '../../src/gateway/smtp-service.js';
import { proxyHeaderV2 } from '../../src/proxy/index.js';
import { Network } from '../../src/routing/index.js';
import { tomlOf } from '../config/parts.js';
import { messageOf, RSA, signed } from '../support/dkim-mail.js';
import { MemorySpool } from '../support/memory-spool.js';
import { NO_FETCHING } from '../support/no-fetching.js';
import { openToStrangers, policyOfTests } from '../support/policies.js';
import { ScriptedDns } from '../support/scripted-dns.js';

const HERE = Network.parse('127.0.0.0/8') as Network;
const DNS = new ScriptedDns({
  'TXT author.example': ['v=spf1 ip4:192.0.2.1 -all'],
  'TXT _dmarc.author.example': ['v=DMARC1; p=reject'],
  'TXT careful.example': ['v=spf1 -all'],
  'TXT _dmarc.careful.example': ['v=DMARC1; p=quarantine'],
  'TXT s1._domainkey.author.example': [RSA.record],
});

const services: SmtpService[] = [];
afterEach(() => {
  for (const service of services.splice(0)) service.close();
});

async function start(checks: 'off' | 'note' | 'enforce', resolve: ResolveDns = DNS.resolve) {
  const clock = new SystemClock();
  const spool = new MemorySpool(new VirtualClock());
  const parsed = parseConfiguration(tomlOf(), '/etc/gw.toml');
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  const signer = new DkimSigner([{ domain: 'author.example', selector: 's1', privateKey: RSA.key }], clock);
  const service = new SmtpService({
    configuration: {
      ...parsed.configuration,
      listen: {
        smtp: [{ host: '127.0.0.1', port: 0, service: 'smtp', tls: 'none', proxy: [HERE], xclient: [] }],
        submission: [],
      },
    },
    policy: policyOfTests(openToStrangers([HERE])),
    inspector: new Inspector({ hostname: 'gw-a.example', checks, dnsMs: 5000, resolve, clock, signer }),
    spool,
    clock,
    fetchDesk: NO_FETCHING,
    onReceived: () => {},
    observe: () => {},
  });
  services.push(service);
  await service.listen();
  /** Hands in a message from an address. @returns the last reply, and what is in the spool. */
  const send = async (source: string, message: string, sender = 'ann@author.example') => {
    const socket = connect(service.ports[0] ?? 0, '127.0.0.1');
    socket.write(proxyHeaderV2({ source, destination: '::1', nua: '' }));
    const lines = [
      'EHLO mx.author.example',
      `MAIL FROM:<${sender}>`,
      'RCPT TO:<x@b.example>',
      'DATA',
      `${message}.`,
      'QUIT',
    ];
    let said = '';
    socket.setEncoding('latin1');
    for await (const text of socket) {
      said += text;
      if (/(?:^|\n)\d\d\d [^\n]*\n$/.test(said) && lines.length > 0)
        socket.write(`${lines.shift()}\r\n`, 'latin1');
    }
    const [stored] = spool.history;
    const body = Buffer.from(stored?.body ?? []).toString('latin1');
    return { reply: said.trimEnd().split('\r\n').at(-2) ?? '', body, envelope: stored?.envelope };
  };
  return { send };
}

const FROM_AUTHOR = '::ffff:192.0.2.1';
const FROM_ELSEWHERE = '::ffff:192.0.2.9';
const FORGED = `Authentication-Results: gw-a.example; dmarc=pass header.from=bank.example\r\n${messageOf('ann@author.example')}`;

describe('mail by TCP', () => {
  test('of strangers is noted on top, above Received, and nobody else notes in our name', async () => {
    const { send } = await start('note');
    const { reply, body } = await send(FROM_ELSEWHERE, FORGED);
    expect(reply).toMatch(/^250 /);
    expect(body).toMatch(
      /^Authentication-Results: gw-a\.example;\r\n\tspf=fail\r\n\t smtp\.mailfrom=author\.example;\r\n\tdkim=none;\r\n\tdmarc=fail\r\n\t header\.from=author\.example\r\nReceived: /,
    );
    expect(body.match(/Authentication-Results/g)).toHaveLength(1);
    expect(body).toContain('\r\nX-Untrusted-AuthResult: gw-a.example; dmarc=pass');
  });

  test('with a signature that holds is taken, whatever way it came', async () => {
    const { send } = await start('enforce');
    const { reply, body } = await send(FROM_ELSEWHERE, await signed(messageOf('ann@author.example')));
    expect(reply).toMatch(/^250 /);
    expect(body).toMatch(/dkim=pass\r\n\t header\.d=author\.example[\s\S]*dmarc=pass/);
  });

  test('is refused where its author asks for that, with the reason, and nothing is kept', async () => {
    const { send } = await start('enforce');
    const { reply, envelope } = await send(FROM_ELSEWHERE, FORGED);
    expect(reply).toBe(
      '550 5.7.1 not proved to be from author.example, whose DMARC policy is reject (SPF fail, DKIM none)',
    );
    expect(envelope).toBeUndefined();
  });

  test('is held where its author asks for quarantine', async () => {
    const { send } = await start('enforce');
    const { reply, envelope } = await send(FROM_AUTHOR, messageOf('a@careful.example'), 'a@careful.example');
    expect(reply).toMatch(/^250 /);
    expect(envelope?.hold).toBe(
      'not proved to be from careful.example, whose DMARC policy is quarantine (SPF fail, DKIM none)',
    );
  });

  test('is taken when DNS fails, and that is noted', async () => {
    const { send } = await start('enforce', async () => {
      throw Object.assign(new Error('no'), { code: 'ESERVFAIL' });
    });
    const { reply, body } = await send(FROM_ELSEWHERE, await signed(messageOf('ann@author.example')));
    expect(reply).toMatch(/^250 /);
    expect(body).toMatch(/spf=temperror[\s\S]*dkim=temperror[\s\S]*dmarc=temperror/);
  });

  test('is left as it is when checks are off, and no question is asked', async () => {
    let asked = 0;
    const { send } = await start('off', async () => {
      asked++;
      return [];
    });
    const { body } = await send(FROM_ELSEWHERE, FORGED);
    expect(body).toMatch(
      /^Received: [^\r]*\r\n(?:\t[^\r]*\r\n)*Authentication-Results: gw-a\.example; dmarc=pass/,
    );
    expect(asked).toBe(0);
  });

  test('of who may relay is signed, not checked; a stranger is never signed for', async () => {
    const { send } = await start('enforce');
    const own = await send('::ffff:127.0.0.1', messageOf('ann@author.example'));
    expect(own.body).toMatch(
      /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed;\r\n\td=author\.example;[\s\S]*?\r\nReceived: /,
    );
    expect(own.body).not.toContain('Authentication-Results');
    const stranger = await start('note');
    expect((await stranger.send(FROM_AUTHOR, messageOf('ann@author.example'))).body).not.toContain(
      'DKIM-Signature',
    );
  });
});
