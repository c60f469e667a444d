import { expect, test } from 'vitest';
import { type CallOutcome, MailCircuit, type MailCircuitOptions } from '../../src/rfc1090/index.js';
import { hex } from '../support/hex.js';
import { HOST_NUA, type PadSite, padSite } from './pad-site.js';

/** One end of a session over a PAD's call, written down. */
class Session {
  received = '';
  outcome: CallOutcome | undefined;
  readonly mail: MailCircuit;

  constructor(site: PadSite, open: (options: MailCircuitOptions) => MailCircuit | undefined) {
    const mail = open({
      clock: site.clock,
      ended: (outcome) => {
        this.outcome = outcome;
      },
    });
    if (mail === undefined) throw new Error('the caller has gone');
    this.mail = mail;
    mail.setReceiver({
      octets: (octets) => {
        this.received += Buffer.from(octets).toString('latin1');
        mail.consumed(octets.length);
      },
      ready: () => {},
      ended: () => {},
    });
  }

  say(line: string): void {
    this.mail.write(Buffer.from(`${line}\r\n`), true);
  }
}

function connect(site: PadSite): { caller: Session; called: Session } {
  let called: Session | undefined;
  site.host.onIncoming((call) => {
    called = new Session(site, (options) => MailCircuit.answer(call, options));
  });
  const request = { called: HOST_NUA, userData: hex('c0 f7 00 00') };
  const caller = new Session(site, (options) => MailCircuit.place(site.pad, request, options));
  site.clock.runFor(20_000);
  if (called === undefined) throw new Error('the call did not arrive');
  return { caller, called };
}

test('a session of RFC 1090 through a PAD: whoever reads the 221 clears, and both know that it went well', () => {
  const site = padSite();
  const { caller, called } = connect(site);
  called.say('220 b.example');
  site.clock.runFor(2_000);
  expect(caller.received).toBe('220 b.example\r\n');
  caller.mail.dialogue('greetingSeen');
  caller.say('QUIT');
  caller.mail.dialogue('quitSent');
  site.clock.runFor(2_000);
  called.say('221 bye');
  called.mail.dialogue('farewellSent');
  site.clock.runFor(2_000);
  caller.mail.dialogue('farewellSeen');
  site.clock.runFor(10_000);
  expect(caller.outcome).toMatchObject({
    verdict: { how: 'completed' },
    ending: { by: 'us', diagnostic: 0xf1 },
  });
  expect(called.outcome).toMatchObject({
    verdict: { how: 'completed' },
    ending: { by: 'peer', cause: 0x00 },
  });
});

test('a call that breaks off in the middle of a message: no line end of the PAD’s ends the message', () => {
  const site = padSite();
  const { caller, called } = connect(site);
  called.say('220 b.example');
  called.mail.write(Buffer.from('text\r\n.'), true);
  site.clock.runFor(5_000);
  called.mail.abort('noResources');
  site.clock.runFor(10_000);
  expect(caller.received).toBe('220 b.example\r\ntext\r\n.');
  expect(caller.outcome?.reason).toContain('A3');
});
