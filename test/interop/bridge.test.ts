import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bridged, dialogue } from './support/bridged.js';
import { eventually, missing, titleWith } from './support/programs.js';
import { NUMBERS } from './support/site.js';

const run = promisify(execFile);
const absent = missing('socat', 'postfix', 'swaks', 'smtp-source');

/** The calling number in Postfix's eyes, in the network fd25::/64. */
const CALLER = 'fd25::2342:1000:1f:fffb';

const relaying = ['--to', 'stranger@elsewhere.example', '--quit-after', 'RCPT'];

describe.skipIf(absent.length > 0)(
  titleWith('a bridge to Postfix, told by XCLIENT who calls', absent),
  () => {
    const bridged = new Bridged();
    beforeAll(() => bridged.start({ rule: '', postfix: { smtpd_authorized_xclient_hosts: '127.0.0.1' } }));
    afterAll(() => bridged.stop());

    test('a load from smtp-source arrives, every message once', async () => {
      const to = 'you@site-b.example';
      await run('smtp-source', [
        ...['-m', '50', '-s', '1', '-d', '-l', '4096', '-f', 'me@site-a.example', '-t', to],
        `127.0.0.1:${bridged.bridgePort}`,
      ]);
      await eventually(async () => (await bridged.postfix.messages()).length === 50, '50 messages');
      const [first] = await bridged.postfix.messages();
      expect(first).toMatch(new RegExp(`^Received: from .*\\(unknown \\[IPv6:${CALLER}\\]\\)$`, 'm'));
    });

    test('a message of all kinds of lines is the same there', async () => {
      const body = ['.', '..', '.x', 'From me', '\u00e4\u00f6\u00fc \u20ac', 'x'.repeat(998), '', 'end'].join(
        '\n',
      );
      await bridged.say(
        bridged.bridgePort,
        '--to',
        'you@site-b.example',
        '--body',
        body,
        '--h-Subject',
        'kinds',
      );
      let arrived: string | undefined;
      await eventually(async () => {
        arrived = (await bridged.postfix.messages()).find((message) => message.includes('Subject: kinds'));
        return arrived !== undefined;
      }, 'the message');
      const text = Buffer.from(arrived ?? '', 'latin1').toString();
      expect(text.slice(text.indexOf('\n\n') + 2).trimEnd()).toBe(body);
    });

    test('the caller can not relay, although Postfix trusts this machine', async () => {
      expect(await bridged.say(bridged.postfix.port, ...relaying)).toMatch(/<- {2}250 2\.1\.5 Ok/);
      expect(await bridged.say(bridged.bridgePort, ...relaying)).toMatch(
        /<\*\* 554 5\.7\.1 .*Relay access denied/,
      );
    });

    test('nobody can say XCLIENT through the bridge', async () => {
      const said = await dialogue(bridged.bridgePort, [
        'EHLO me\r\n',
        'XCLIENT ADDR=127.0.0.1\r\n',
        'QUIT\r\n',
      ]);
      expect(said).not.toMatch(/^250.XCLIENT/m);
      expect(said).toMatch(/^502 5\.5\.1 /m);
    });

    test('a Postfix that is down costs no call: the client hears why', async () => {
      await bridged.postfix.stop();
      const said = await bridged.say(bridged.bridgePort, '--quit-after', 'HELO');
      expect(said).toMatch(/<\*\* 421 4\.4\.\d .*\(00\/F4\)/);
    });
  },
);

describe.skipIf(absent.length > 0)(
  titleWith('a bridge to Postfix, told by the PROXY protocol', absent),
  () => {
    const bridged = new Bridged();
    beforeAll(() =>
      bridged.start({ rule: 'identify = "proxy"', postfix: { smtpd_upstream_proxy_protocol: 'haproxy' } }),
    );
    afterAll(() => bridged.stop());

    test('mail arrives from the address of the caller, and nothing is relayed', async () => {
      expect(await bridged.say(bridged.bridgePort, ...relaying)).toMatch(
        /<\*\* 554 5\.7\.1 .*Relay access denied/,
      );
      await bridged.say(bridged.bridgePort, '--to', 'you@site-b.example');
      await eventually(async () => (await bridged.postfix.messages()).length === 1, 'the message');
      expect((await bridged.postfix.messages())[0]).toContain(`[IPv6:${CALLER}]`);
    });
  },
);

describe.skipIf(absent.length > 0)(
  titleWith('a bridge to Postfix for a caller who may relay', absent),
  () => {
    const bridged = new Bridged();
    beforeAll(() =>
      bridged.start({
        rule: 'relay = true',
        postfix: { smtpd_authorized_xclient_hosts: '127.0.0.1', smtpd_sasl_auth_enable: 'yes' },
      }),
    );
    afterAll(() => bridged.stop());

    test('the number is its login, and Postfix relays for it', async () => {
      expect(await bridged.say(bridged.bridgePort, ...relaying)).toMatch(/<- {2}250 2\.1\.5 Ok/);
      expect(await bridged.postfix.log()).toContain(`sasl_username=${NUMBERS.a}`);
    });
  },
);
