import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SMUGGLED, VARIANTS } from '../support/smuggling.js';
import { Bridged, dialogue } from './support/bridged.js';
import { eventually, missing, titleWith } from './support/programs.js';

const absent = missing('socat', 'postfix');

/** It takes LF for the end of a line, as it does unless told otherwise: nothing may reach it that it could misread. */
const POSTFIX = { smtpd_forbid_bare_newline: 'no', smtpd_authorized_xclient_hosts: '127.0.0.1' };

const HIDDEN = SMUGGLED.replace('victim@y', 'victim@site-b.example').replace(
  'evil@x',
  'evil@elsewhere.example',
);

/** The data ends for whoever is fooled where the variant stands. @returns how often it was said that a message was taken. */
async function send(port: number, subject: string, data: string): Promise<number> {
  const replies = await dialogue(port, [
    'EHLO me.example\r\n',
    'MAIL FROM:<me@site-a.example>\r\n',
    'RCPT TO:<you@site-b.example>\r\n',
    'DATA\r\n',
    `Subject: ${subject}\r\n\r\n${data}\r\n.\r\n`,
    'QUIT\r\n',
  ]);
  return replies.match(/^250 2\.0\.0 .*queued as/gim)?.length ?? 0;
}

describe.skipIf(absent.length > 0)(
  titleWith(
    'what looks like the end of data, sent to running gateways with a careless Postfix behind',
    absent,
  ),
  () => {
    describe.each([
      ['TCP, the engine, TCP', undefined, (bridged: Bridged) => bridged.smtpPort],
      ['a bridge, a circuit, the engine, TCP', undefined, (bridged: Bridged) => bridged.bridgePort],
      ['a bridge, a circuit, a bridge', '', (bridged: Bridged) => bridged.bridgePort],
    ])('through %s', (_, rule, portOf) => {
      const bridged = new Bridged();
      beforeAll(() => bridged.start({ ...(rule !== undefined && { rule }), postfix: POSTFIX }));
      afterAll(() => bridged.stop());

      test('is one message or none, whichever of the variants it is', async () => {
        const taken: string[] = [];
        for (const [name, variant] of Object.entries(VARIANTS)) {
          const count = await send(portOf(bridged), name, `first${variant}${HIDDEN}`);
          expect(count, name).toBeLessThan(2);
          if (count === 1) taken.push(name);
        }
        expect(await send(portOf(bridged), 'last', 'nothing hidden')).toBe(1);
        taken.push('last');
        const arrived = async (): Promise<string[]> =>
          (await bridged.postfix.messages()).map((text) => /^Subject: (.*)$/m.exec(text)?.[1] ?? text);
        await eventually(async () => (await arrived()).length >= taken.length, 'all that was taken');
        expect((await arrived()).sort()).toEqual(taken.sort());
        const texts = await bridged.postfix.messages();
        expect(texts.filter((text) => /^(?:Delivered-To: victim|Return-Path: <evil)/m.test(text))).toEqual(
          [],
        );
      }, 120_000);

      test('Postfix alone is fooled', async () => {
        expect(await send(bridged.postfix.port, 'fooled', `first\n.\r\n${HIDDEN}`)).toBe(2);
      });
    });
  },
);
