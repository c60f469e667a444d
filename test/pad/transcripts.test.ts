import { describe, expect, test } from 'vitest';
import { PadCircuits } from '../../src/pad/index.js';
import { hex } from '../support/hex.js';
import { ScriptedPad, standardPad } from './scripted-pad.js';

const SET = 'T: SET 2:0,3:0,4:2,5:0,8:0,9:0,10:0,12:0,13:0,14:0,15:0,21:0,22:0,7:8,1:0,6:1';
const READ = 'T: PAR? 2,3,4,5,8,9,10,12,13,14,15,21,22,7,1,6';
const TOLD = 'P: PAR 2:0, 3:0, 4:2, 5:0, 8:0, 9:0, 10:0, 12:0, 13:0, 14:0, 15:0, 21:0, 22:0, 7:8, 1:0, 6:1';
const READY = ['T:', 'T: STAT', 'P: FREE', SET, READ, TOLD];

const CUD = hex('c0 f7 00 00');
const NUA = '26245300040';
const call = { called: NUA, userData: CUD };
const sessionOver = { cause: 0x00, diagnostic: 0xf1 };
const CLEARED_BY_THE_NETWORK = { by: 'peer', cause: 0x0d, diagnostic: 0x43 };

/** What a minute brings. */
function wait(site: ScriptedPad): void {
  site.clock.runFor(60_000);
  expect(site.watch.violations).toEqual([]);
}

describe('a call by the book', () => {
  test('the PAD is made ready, the call is placed, data passes, we clear', () => {
    const site = new ScriptedPad(
      standardPad({ [NUA]: '\r\nCOM\r\n220 mail.example\r\n', '<break>': '\r\n' }),
    );
    wait(site);
    expect(site.takeTranscript()).toEqual(READY);
    expect(site.pad.status()).toMatchObject({ state: 'ready', lastFailure: undefined, circuits: 0 });

    const caller = site.end.place(call);
    wait(site);
    expect(site.takeTranscript()).toEqual([...READY, `T: ${NUA}`, 'P: COM', 'P: 220 mail.example']);
    expect(caller.types).toEqual(['requested', 'connected', 'piece', 'piece']);
    expect(Buffer.from(caller.octets).toString()).toBe('220 mail.example\r\n');

    site.isOpen = true;
    caller.send({ octets: Buffer.from('QUIT\r\n') });
    wait(site);
    expect(Buffer.from(site.data).toString()).toBe('QUIT\r\n');
    expect(caller.delivered).toBe(6);

    caller.clear(sessionOver);
    wait(site);
    expect(caller.ending).toMatchObject({ by: 'us', ...sessionOver });
    expect(site.takeTranscript()).toEqual(['T: <break>', 'T: CLR', 'P: CLR CONF', ...READY]);
  });

  test('a call that the network refuses ends with its cause', () => {
    const site = new ScriptedPad(standardPad({ [NUA]: '\r\nCLR NP C:13 D:67\r\n' }));
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    expect(caller.types).toEqual(['requested', 'cleared']);
    expect(caller.ending).toMatchObject(CLEARED_BY_THE_NETWORK);
  });

  test('a call that the PAD announces is taken, and cleared by its caller', () => {
    const site = new ScriptedPad(standardPad(), { nua: NUA });
    site.end.listen();
    wait(site);
    site.takeTranscript();
    site.say('\r\n23421000001 COM\r\n');
    wait(site);
    const [called] = site.end.accepted;
    expect(site.end.incoming[0]).toMatchObject({
      called: NUA,
      calling: '23421000001',
      userData: hex('01 00 00 00'),
    });
    expect(called?.types).toEqual(['connected']);

    site.say('\r\nCLR DTE C:0 D:241\r\n');
    site.isOpen = false;
    wait(site);
    expect(called?.ending).toMatchObject({ by: 'peer', cause: 0x00, diagnostic: 0xf1 });
    expect(called?.octets).toHaveLength(0);
    expect(site.takeTranscript().slice(2)).toEqual(['T: <break>', 'T: STAT', 'P: FREE', ...READY]);
  });

  test('a call refused by us is cleared, and nothing of it is heard any more', () => {
    const site = new ScriptedPad(standardPad());
    site.end.policy = (incoming) => site.end.refuse(incoming, { cause: 0x00, diagnostic: 0xf9 });
    site.end.listen();
    wait(site);
    site.takeTranscript();
    site.say('\r\n23421000001 COM\r\n');
    wait(site);
    expect(site.takeTranscript()).toEqual([
      'P: 23421000001 COM',
      'T: <break>',
      'T: CLR',
      'P: CLR CONF',
      ...READY,
    ]);
    expect(site.end.withdrawn).toEqual([]);
    expect(site.end.incoming[0]?.accept()).toBeUndefined();
  });

  test('a call for which nobody is there is cleared', () => {
    const site = new ScriptedPad(standardPad());
    wait(site);
    site.say('\r\n23421000001 COM\r\n');
    wait(site);
    expect(site.takeTranscript()).toContain('T: CLR');
    expect(site.pad.status().circuits).toBe(0);
  });

  test('what comes before the answer is not lost, and neither is the end', () => {
    const site = new ScriptedPad(standardPad());
    site.end.policy = () => {};
    site.end.listen();
    wait(site);
    site.say('\r\n23421000001 COM\r\nHELO\r\n');
    wait(site);
    const [incoming] = site.end.incoming;
    const called = incoming && site.end.accept(incoming);
    wait(site);
    expect(called?.types).toEqual(['connected', 'piece', 'piece']);
  });

  test('a caller that goes before our answer withdraws its call', () => {
    const site = new ScriptedPad(standardPad());
    site.end.policy = () => {};
    site.end.listen();
    wait(site);
    site.say('\r\n23421000001 COM\r\n');
    wait(site);
    site.say('\r\nCLR DTE C:0 D:49\r\n');
    wait(site);
    expect(site.end.withdrawn).toMatchObject([{ by: 'peer', diagnostic: 0x31 }]);
    expect(site.end.incoming[0]?.accept()).toBeUndefined();
  });
});

describe('other ways to clear', () => {
  test('by DTR: no word is needed', () => {
    const site = new ScriptedPad(standardPad({ [NUA]: '\r\nCOM\r\n' }), { clearing: 'dtr' });
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    site.takeTranscript();
    caller.clear(sessionOver);
    wait(site);
    expect(site.takeTranscript().slice(0, 3)).toEqual(['T: <DTR>', 'T:', 'T: STAT']);
    expect(caller.ending).toMatchObject({ by: 'us', ...sessionOver });
  });

  test('by DTR: what looks like the end is made the end', () => {
    const site = new ScriptedPad(standardPad({ [NUA]: '\r\nCOM\r\n' }), { clearing: 'dtr' });
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    site.takeTranscript();
    site.say('\r\nCLR NC C:5 D:0\r\n');
    wait(site);
    expect(site.takeTranscript().slice(1, 3)).toEqual(['T: <DTR>', 'T:']);
    expect(caller.ending).toMatchObject({ by: 'peer', cause: 0x05 });
  });

  test('by escape: parameter 1 allows it', () => {
    const site = new ScriptedPad(standardPad({ [NUA]: '\r\nCOM\r\n' }), { clearing: 'escape', control: {} });
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    expect(site.takeTranscript().join()).toContain(',7:0,1:1,6:1');
    caller.clear(sessionOver);
    wait(site);
    expect(site.takeTranscript().slice(0, 3)).toEqual(['T: <DLE>', 'T: CLR', 'P: CLR CONF']);
  });

  test('by escape: data that would command the PAD is not sent, the call ends', () => {
    const site = new ScriptedPad(standardPad({ [NUA]: '\r\nCOM\r\n' }), { clearing: 'escape' });
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    site.takeTranscript();
    caller.send({ octets: Buffer.from('mail\x10CLR\r\n') });
    wait(site);
    expect(site.takeTranscript().slice(0, 2)).toEqual(['T: <DLE>', 'T: CLR']);
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0xf2 });
    expect(site.pad.status().counters.pad.escapesInData).toBe(1);
  });

  test.each(['break', 'dtr'] as const)(
    'a line that has no %s is a mistake of whoever configured it',
    (clearing) => {
      const make = () => new ScriptedPad(standardPad(), { clearing, control: {} });
      expect(make).toThrow(clearing === 'dtr' ? /DTR/ : /break/);
    },
  );
});

describe('PADs as they are', () => {
  test('one that echoes, prompts and greets', () => {
    let echoes = true;
    const book = standardPad({ '': '\r\nACME PAD 3.1\r\nport 7\r\n*', [NUA]: '\r\nCOM\r\n' });
    const site = new ScriptedPad((command) => {
      const echo = echoes ? `${command}\r` : '';
      if (command.startsWith('SET')) echoes = false;
      const answer = book(command);
      return answer === undefined ? undefined : `${echo}${answer}`;
    });
    wait(site);
    expect(site.pad.status()).toMatchObject({ state: 'ready', lastFailure: undefined });
    const caller = site.end.place(call);
    wait(site);
    expect(caller.types).toEqual(['requested', 'connected']);
  });

  test('one whose answers come in several lines, small letters and bits', () => {
    const site = new ScriptedPad(
      standardPad({
        STAT: '\n* free\n',
        'PAR?':
          '\r\npar 2:0,3:0,4:2,5:0,8:0,9:0,10:0\r\npar 12:0,13:0,14:0,15:0,21:inv,22:inv\r\npar 7:8,1:0,6:1\r\n',
        [NUA]: '\r\ncom\r\n',
      }),
    );
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    expect(caller.types).toEqual(['requested', 'connected']);
  });

  test('one without STAT', () => {
    const site = new ScriptedPad(standardPad({ STAT: '\r\nERR\r\n' }));
    wait(site);
    expect(site.pad.status().state).toBe('ready');
  });

  test('one that takes some of the parameters and says so', () => {
    const site = new ScriptedPad(
      standardPad({
        SET: '\r\nPAR 21:INV, 22:INV\r\n',
        'PAR?': `\r\n${TOLD.slice(3).replace('21:0, 22:0', '21:INV, 22:INV')}\r\n`,
      }),
    );
    wait(site);
    expect(site.pad.status().state).toBe('ready');
  });

  test('one that wants another service request and other words', () => {
    const site = new ScriptedPad(standardPad({ '.': '\r\nHELLO\r\n', [`${NUA}*Dmail`]: '\r\nCOM\r\n' }), {
      serviceRequest: '.\r',
      userDataMark: '*D',
      parameters: new Map([[5, 3]]),
    });
    wait(site);
    const caller = site.end.place({ ...call, userData: hex('01 00 00 00 6d 61 69 6c') });
    wait(site);
    expect(caller.types).toEqual(['requested', 'connected']);
    expect(site.transcript.slice(0, 2)).toEqual(['T: .', 'P: HELLO']);
    expect(site.transcript.join()).toContain(',5:3,');
  });
});

describe('PADs as they should not be', () => {
  test('a parameter that would spoil mail keeps the link down', () => {
    const told = TOLD.slice(3).replace('12:0', '12:1');
    const site = new ScriptedPad(standardPad({ 'PAR?': `\r\n${told}\r\n` }));
    wait(site);
    expect(site.pad.status()).toMatchObject({
      state: 'comingUp',
      lastFailure: 'the PAD keeps parameter 12 at 1, it must be 0',
    });
  });

  test('one that is silent: the call fails with the link, and it is tried again later', () => {
    const site = new ScriptedPad(() => undefined);
    const caller = site.end.place(call);
    wait(site);
    expect(caller.types).toEqual(['cleared']);
    expect(caller.ending).toMatchObject({ by: 'link', cause: 0x09 });
    expect(site.pad.status()).toMatchObject({ state: 'comingUp', lastFailure: 'the PAD does not answer' });
    expect(site.pad.status().counters.pad).toMatchObject({ answersMissing: 3, preparationsFailed: 1 });
    const asked = ['T:', 'T: SET 6:1', 'T: STAT'];
    expect(site.takeTranscript()).toEqual(['T:', 'T: STAT', 'T: <break>', ...asked, 'T: <DTR>', ...asked]);
    wait(site);
    expect(site.takeTranscript().slice(0, 2)).toEqual(['T:', 'T: STAT']);
  });

  test('one that never answers the selection', () => {
    const site = new ScriptedPad(standardPad());
    wait(site);
    const caller = site.end.place(call);
    site.clock.runFor(300_000);
    expect(caller.types).toEqual(['requested', 'cleared']);
    expect(caller.ending).toMatchObject({ by: 'link', cause: 0x09 });
    expect(site.pad.status().state).toBe('ready');
  });

  test('one that does not understand the selection', () => {
    const site = new ScriptedPad(standardPad({ [NUA]: '\r\nERR\r\n' }));
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    expect(caller.ending).toMatchObject({ by: 'peer', cause: 0x13 });
  });

  test('one that can not be made to clear: DTR', () => {
    const site = new ScriptedPad(standardPad({ [NUA]: '\r\nCOM\r\n', CLR: undefined }));
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    site.takeTranscript();
    caller.clear(sessionOver);
    wait(site);
    const tries = site.takeTranscript().slice(0, 8);
    expect(tries).toEqual([...Array(3).fill(['T: <break>', 'T: CLR']).flat(), 'T: <DTR>', 'T:']);
    expect(caller.ending).toMatchObject({ by: 'us', ...sessionOver });
  });

  test('one that can not be made to clear, and no DTR: the circuit ends, the link is not ready', () => {
    const site = new ScriptedPad(standardPad({ [NUA]: '\r\nCOM\r\n', CLR: undefined }), {
      clearing: 'escape',
      control: {},
    });
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    caller.clear(sessionOver);
    site.clock.runFor(40_000);
    expect(caller.ending).toMatchObject({ by: 'link', cause: 0x09 });
    expect(site.pad.status()).toMatchObject({
      state: 'comingUp',
      lastFailure: 'the PAD does not clear the call',
    });
  });

  test('one that talks without end is given commands nevertheless', () => {
    const site = new ScriptedPad(standardPad());
    for (let at = 0; at < 60_000; at += 100) site.clock.wake(at, () => site.pad.received(Buffer.from('x')));
    site.clock.runFor(60_000);
    expect(site.transcript).toContain('T: STAT');
  });
});

describe('the line', () => {
  test('is lost in a call, and comes back', () => {
    const site = new ScriptedPad(standardPad({ [NUA]: '\r\nCOM\r\n' }));
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    site.pad.lineDown();
    wait(site);
    expect(caller.ending).toMatchObject({ by: 'link', cause: 0x09 });
    expect(site.pad.status().state).toBe('lineDown');
    const failed = site.end.place(call);
    wait(site);
    expect(failed.types).toEqual(['cleared']);
    expect(failed.ending).toMatchObject({ by: 'link', cause: 0x09 });

    site.takeTranscript();
    site.pad.lineUp();
    wait(site);
    expect(site.takeTranscript()).toEqual(READY);
  });

  test('stopping clears the call first', () => {
    const site = new ScriptedPad(standardPad({ [NUA]: '\r\nCOM\r\n' }));
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    site.takeTranscript();
    let isStopped = false;
    site.pad.stop(() => {
      isStopped = true;
    });
    expect(site.pad.status().state).toBe('stopping');
    const late = site.end.place(call);
    wait(site);
    expect(site.takeTranscript().slice(0, 3)).toEqual(['T: <break>', 'T: CLR', 'P: CLR CONF']);
    expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0xa2 });
    expect(late.ending).toMatchObject({ by: 'us', diagnostic: 0xa2 });
    expect(isStopped).toBe(true);
    expect(site.pad.status().state).toBe('stopped');
  });

  test('stopping does not wait for ever', () => {
    const site = new ScriptedPad(standardPad({ [NUA]: '\r\nCOM\r\n', CLR: undefined }));
    wait(site);
    const caller = site.end.place(call);
    wait(site);
    let stoppedAt = 0;
    const begun = site.clock.now();
    site.pad.stop(() => {
      stoppedAt = site.clock.now();
    });
    wait(site);
    expect(stoppedAt - begun).toBe(15_000);
    expect(caller.count('cleared')).toBe(1);
  });
});

test('a facility that can not be told to a PAD is refused, not forgotten', () => {
  const site = new ScriptedPad(standardPad());
  wait(site);
  const caller = site.end.place({ ...call, facilities: { other: hex('02 aa') } });
  wait(site);
  expect(caller.ending).toMatchObject({ by: 'us', cause: 0x03, diagnostic: 0x41 });
});

test('Q-bit data and interrupts do not exist on a PAD, a reset ends the call', () => {
  const site = new ScriptedPad(standardPad({ [NUA]: '\r\nCOM\r\n' }));
  wait(site);
  const caller = site.end.place(call);
  wait(site);
  site.isOpen = true;
  caller.send({ octets: hex('01'), qualified: true });
  expect(caller.interrupt(hex('00'))).toBe(false);
  wait(site);
  expect(site.data).toEqual([]);
  expect(site.pad.status().counters.pad.qualifiedDropped).toBe(1);
  caller.reset(0x00, 0xfa);
  wait(site);
  expect(caller.ending).toMatchObject({ by: 'us', diagnostic: 0xfa });
});

test('the user data of a PAD call is checked where it is placed', () => {
  const site = new ScriptedPad(standardPad());
  expect(() => site.pad.place({ called: '12x', userData: CUD })).toThrow(RangeError);
  expect(site.pad).toBeInstanceOf(PadCircuits);
});
