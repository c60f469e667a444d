import { describe, expect, test } from 'vitest';
import type { ModemSettings } from '../../src/modem/settings.js';
import { linesOf, ModemDriver } from './modem-driver.js';

/** What is played is what the script says. */
function transcript(script: string, settings: Partial<ModemSettings> = {}): ModemDriver {
  const driver = new ModemDriver(settings);
  expect(driver.play(script)).toEqual(linesOf(script));
  return driver;
}

const READY = `
  start
  DTR on
  C: ATZ
  M: OK
  C: ATE0V1
  M: OK
  told ready`;

const DIALLING = `${READY}
  dial 0,0123456
  C: ATDT0,0123456
  told dialling`;

const ONLINE = `${DIALLING}
  M: CONNECT 9600
  told connected dialled CONNECT 9600 9600`;

const byDtr: Partial<ModemSettings> = { hangUpBy: 'dtr' };
const answers: Partial<ModemSettings> = { answerAfterRings: 1 };

describe('initialisation', () => {
  test('command after command, each when the one before was answered', () => {
    transcript(READY);
  });

  test('echoes, progress reports and old results do not matter', () => {
    transcript(`
      start
      DTR on
      C: ATZ
      m: "ATZ\\r\\r\\nOK\\r\\n"
      C: ATE0V1
      m: "NO CARRIER\\r\\nATE0V1\\r\\r\\nOK\\r\\n"
      told ready
      M: OK
      M: ERROR`);
  });

  test('a modem with numeric results', () => {
    transcript(`
      start
      DTR on
      C: ATZ
      m: "ATZ\\r0\\r"
      C: ATE0V1
      m: "0\\r"
      told ready`);
  });

  test('a command that is refused is named; it is tried again later, and when somebody dials', () => {
    transcript(`
      start
      DTR on
      C: ATZ
      M: OK
      C: ATE0V1
      M: ERROR
      told fault initRefused ATE0V1
      wait 59999
      wait 1
      C: ATZ
      M: ERROR
      told fault initRefused ATZ
      dial 123
      C: ATZ
      M: OK
      C: ATE0V1
      M: OK
      told ready`);
  });

  test('a modem that does not answer may be online still; then it counts as broken', () => {
    transcript(`
      start
      DTR on
      C: ATZ
      wait 3000
      wait 1300
      C: +++
      wait 4300
      C: ATH
      wait 3000
      C: ATZ
      wait 3000
      wait 1300
      C: +++
      wait 4300
      C: ATH
      wait 3000
      C: ATZ
      wait 3000
      told fault silent
      wait 60000
      C: ATZ
      M: OK
      C: ATE0V1
      M: OK
      told ready`);
  });

  test('with DTR that is tried first', () => {
    transcript(
      `
      start
      DTR on
      C: ATZ
      wait 3000
      DTR off
      wait 1500
      DTR on
      C: ATZ
      M: OK
      C: ATE0V1
      M: OK
      told ready`,
      byDtr,
    );
  });

  test('one that was online is found so, and hung up', () => {
    transcript(`
      start
      DTR on
      C: ATZ
      m: "~\\u0001?~"
      wait 3000
      wait 1300
      C: +++
      M: OK
      C: ATH
      M: NO CARRIER
      C: ATZ
      M: OK
      C: ATE0V1
      M: OK
      told ready`);
  });

  test('one that answers calls by itself is hung up before it is set', () => {
    transcript(`
      start
      DTR on
      C: ATZ
      M: CONNECT 2400
      wait 1300
      C: +++
      M: OK
      C: ATH
      M: OK
      C: ATZ
      M: OK
      C: ATE0V1
      M: OK
      told ready`);
  });

  test('counts for a while: later it is done again before dialling', () => {
    transcript(`${READY}
      wait 60000
      dial 123
      C: ATZ
      M: OK
      C: ATE0V1
      M: OK
      told ready
      dial 123
      C: ATDT123
      told dialling`);
  });
});

describe('dialling', () => {
  test('octets after the line of CONNECT are the other end', () => {
    const driver = transcript(ONLINE);
    driver.hears(Uint8Array.of(0x7e, 0x03, 0x3f));
    expect(driver.happened).toEqual(['data 7E033F']);
  });

  test.each([
    ['CONNECT', 'CONNECT'],
    ['CONNECT 1200', 'CONNECT 1200 1200'],
    ['CONNECT 9600/ARQ/V32/LAPM', 'CONNECT 9600/ARQ/V32/LAPM 9600'],
    ['CONNECT/ARQ', 'CONNECT/ARQ'],
    ['CONNECT 14400 EC', 'CONNECT 14400 EC 14400'],
    ['  connect   2400  ', 'CONNECT 2400 2400'],
    ['%& CONNECT 300', 'CONNECT 300 300'],
    ['CONNECT 3', 'CONNECT 3'],
  ])('%s is a connection', (said, told) => {
    transcript(`${DIALLING}
      m: ${JSON.stringify(`\r\n${said}\r\n`)}
      told connected dialled ${told}`);
  });

  test.each([
    ['BUSY', 'busy'],
    ['NO CARRIER', 'noCarrier'],
    ['NO DIALTONE', 'noDialtone'],
    ['NO DIAL TONE', 'noDialtone'],
    ['NO ANSWER', 'noAnswer'],
    ['VOICE', 'voice'],
    ['DELAYED', 'delayed'],
    ['BLACKLISTED', 'blacklisted'],
    ['ERROR', 'refused'],
    ['no  carrier', 'noCarrier'],
    ['3', 'noCarrier'],
    ['7', 'busy'],
  ])('%s ends it', (said, failure) => {
    const driver = transcript(`${DIALLING}
      M: ${said}
      told callFailed dialled ${failure}
      told ready`);
    expect(driver.modem.counters.get(failure as 'busy')).toBe(1);
  });

  test('what is said on the way does not end it', () => {
    transcript(`${DIALLING}
      m: "ATDT0,0123456\\r\\r\\n"
      M: RINGING
      M: OK
      M: RING
      M: CARRIER 9600
      M: PROTOCOL: LAP-M
      M: COMPRESSION: NONE
      M: NO CONNECTION YET
      M: CONNECTED
      M: CONNECT 9600
      told connected dialled CONNECT 9600 9600`);
  });

  test('a modem that says nothing is told to give up', () => {
    transcript(`${DIALLING}
      wait 119999
      wait 1
      C:
      told callFailed dialled noResult
      M: NO CARRIER
      told ready`);
  });

  test('one that connects in the same moment is hung up', () => {
    transcript(`${DIALLING}
      hangUp
      C:
      told callFailed dialled cancelled
      M: CONNECT 9600
      wait 1300
      C: +++
      M: OK
      C: ATH
      M: OK
      C: ATZ
      M: OK
      C: ATE0V1
      M: OK
      told ready`);
  });

  test('one that says nothing even then is hung up', () => {
    transcript(`${DIALLING}
      hangUp
      C:
      told callFailed dialled cancelled
      wait 3000
      wait 1300
      C: +++
      wait 4300
      C: ATH
      M: OK
      C: ATZ
      M: OK
      C: ATE0V1
      M: OK
      told ready`);
  });

  test('nobody dials twice at once', () => {
    transcript(`${DIALLING}
      dial 456`);
  });

  test('results of one kind of modem mean what its profile says', () => {
    transcript(
      `${DIALLING}
      m: "85\\r"
      told connected dialled CONNECT 19200 19200`,
      { aliases: { '85': 'CONNECT 19200', 'CALL FAIL': 'NO CARRIER' } },
    );
    transcript(
      `${DIALLING}
      M: Call Fail
      told callFailed dialled noCarrier
      told ready`,
      { aliases: { '85': 'CONNECT 19200', 'CALL FAIL': 'NO CARRIER' } },
    );
  });
});

describe('answering', () => {
  const RUNG = `${READY}
    M: RING
    C: ATA`;

  test('at the first ring', () => {
    transcript(
      `${RUNG}
      M: RING
      M: CONNECT 2400
      told connected answered CONNECT 2400 2400`,
      answers,
    );
  });

  test('at the third, when they follow each other', () => {
    transcript(
      `${READY}
      M: RING
      wait 6000
      M: RING
      wait 10000
      told ready
      M: RING
      wait 6000
      M: RING
      wait 6000
      M: RING
      C: ATA`,
      { answerAfterRings: 3 },
    );
  });

  test('not where nobody wants it; dialling waits until the bell is silent', () => {
    transcript(`${READY}
      M: RING
      dial 123
      wait 6000
      M: RING
      wait 10000
      told ready
      dial 123
      C: ATDT123
      told dialling`);
  });

  test('a ring during the initialisation is answered after it, before anybody dials', () => {
    transcript(
      `
      start
      DTR on
      C: ATZ
      M: RING
      M: OK
      C: ATE0V1
      M: OK
      C: ATA
      M: CONNECT
      told connected answered CONNECT`,
      answers,
    );
  });

  test('a ring while we dial is for nobody: who dialled first is off the hook', () => {
    transcript(
      `${DIALLING}
      M: RING
      M: NO CARRIER
      told callFailed dialled noCarrier
      told ready
      M: RING
      C: ATA`,
      answers,
    );
  });

  test('who rang has gone', () => {
    transcript(
      `${RUNG}
      M: NO CARRIER
      told callFailed answered noCarrier
      told ready`,
      answers,
    );
    transcript(
      `${RUNG}
      wait 90000
      C:
      told callFailed answered noResult
      M: OK
      told ready`,
      answers,
    );
  });

  test('a modem that answers by itself is taken at its word where answering is wanted, else hung up', () => {
    transcript(
      `${READY}
      M: CONNECT 2400
      told connected answered CONNECT 2400 2400`,
      answers,
    );
    transcript(`${READY}
      M: RING
      M: CONNECT 2400
      wait 1300
      C: +++`);
  });

  test('a modem that was broken and rings is not', () => {
    transcript(`
      start
      DTR on
      C: ATZ
      M: ERROR
      told fault initRefused ATZ
      M: RING
      C: ATZ`);
  });
});

describe('hanging up', () => {
  const AGAIN = `
    C: ATZ
    M: OK
    C: ATE0V1
    M: OK
    told ready`;

  test('by escape: nothing is sent for the guard time before it and after it', () => {
    transcript(`${ONLINE}
      hangUp
      send x
      wait 1299
      m: "~\\u0003?~ of the other end"
      wait 1
      C: +++
      send x
      wait 1000
      M: OK
      C: ATH
      M: OK
      told disconnected hungUp
      ${AGAIN}`);
  });

  test('NO CARRIER at any step of it is as good', () => {
    transcript(`${ONLINE}
      hangUp
      wait 1300
      C: +++
      M: NO CARRIER
      told disconnected hungUp
      ${AGAIN}`);
  });

  test('a modem that does not mind the escape is told to hang up all the same, and then has to prove it', () => {
    transcript(`${ONLINE}
      hangUp
      wait 1300
      C: +++
      wait 4300
      C: ATH
      wait 3000
      told disconnected hungUp
      ${AGAIN}`);
  });

  test('by DTR', () => {
    transcript(
      `${ONLINE}
      hangUp
      DTR off
      M: NO CARRIER
      carrier off
      wait 1499
      wait 1
      DTR on
      told disconnected hungUp
      ${AGAIN}`,
      byDtr,
    );
  });

  test('carrier loss by DCD', () => {
    transcript(`${DIALLING}
      carrier on
      M: CONNECT
      told connected dialled CONNECT
      carrier off
      told disconnected carrierLost
      C: ATZ
      M: NO CARRIER
      M: OK
      C: ATE0V1
      M: OK
      told ready`);
  });

  test('a line that is closed ends everything without a word', () => {
    for (const before of [READY, DIALLING, ONLINE])
      transcript(`${before}
        close
        DTR off
        wait 200000
        M: NO CARRIER
        hangUp
        dial 123
        start
        DTR on
        C: ATZ`);
  });
});
