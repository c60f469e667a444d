import { describe, expect, test } from 'vitest';
import { fromAscii } from '../../src/core/index.js';
import { encodeFrame } from '../../src/hdlc/index.js';
import { ModemDriver } from './modem-driver.js';

const SECOND = 1000;
const FRAMING = { fcs: '16', escapeXonXoff: false, maxFrameOctets: 600 } as const;

/** An I frame with a DATA packet of this text. */
function frameOf(text: string): Uint8Array {
  const frame = Uint8Array.of(0x03, 0x00, 0x10, 0x01, 0x00, ...fromAscii(text));
  return encodeFrame(frame, FRAMING, true);
}

/** Online; what happened so far is forgotten. */
function online(carrier?: 'on'): ModemDriver {
  const driver = new ModemDriver();
  driver.play(`
    start
    M: OK
    M: OK
    dial 123
    M: CONNECT 2400
    ${carrier === 'on' ? 'carrier on' : ''}`);
  driver.hears(frameOf('hello'));
  driver.happened.length = 0;
  return driver;
}

const lost = 'told disconnected carrierLost';

describe('NO CARRIER without DCD', () => {
  test('right behind a frame: the carrier is lost after a short silence', () => {
    const driver = online();
    driver.hears(fromAscii('\r\nNO CARRIER\r\n'));
    driver.wait(499);
    expect(driver.happened).not.toContain(lost);
    driver.wait(1);
    expect(driver.happened).toContain(lost);
  });

  test('in the middle of a frame: only after a long one', () => {
    const driver = online();
    driver.hears(frameOf('a frame that breaks off').subarray(0, 17));
    driver.hears(fromAscii('\r\nNO CARRIER\r\n'));
    driver.wait(4999);
    expect(driver.happened).not.toContain(lost);
    driver.wait(1);
    expect(driver.happened).toContain(lost);
  });

  test('a mail about it loses nothing, wherever the octets are cut', () => {
    const octets = frameOf('it said\r\nNO CARRIER\r\n\r\nNO CARRIER\r\nand that was it');
    for (let cut = 1; cut < octets.length; cut++) {
      const driver = online();
      driver.hears(octets.subarray(0, cut));
      driver.wait(SECOND);
      driver.hears(octets.subarray(cut));
      driver.wait(60 * SECOND);
      expect(driver.happened).not.toContain(lost);
      expect(driver.modem.state.name).toBe('online');
    }
  });

  test('a frame that ends with it loses nothing either', () => {
    const driver = online();
    driver.hears(frameOf('it said\r\nNO CARRIER\r\n'));
    driver.wait(60 * SECOND);
    expect(driver.happened).toHaveLength(1);
    expect(driver.modem.counters.get('falseAlarms')).toBe(0);
  });

  test('a flag in a mail is no flag on the line', () => {
    const octets = frameOf('~\r\nNO CARRIER\r\n');
    const driver = online();
    driver.hears(octets.subarray(0, octets.length - 3)); // FCS and flag are late
    driver.wait(SECOND);
    driver.hears(octets.subarray(octets.length - 3));
    driver.wait(60 * SECOND);
    expect(driver.happened).not.toContain(lost);
  });

  test('while it is not settled nothing goes out: a modem in command state could obey a mail', () => {
    const driver = online();
    const octets = frameOf('\r\nNO CARRIER\r\nno, not really');
    driver.hears(octets.subarray(0, 20));
    driver.happened.length = 0;
    driver.play('send ATDT0190');
    expect(driver.happened).toEqual([]);
    driver.wait(SECOND);
    driver.hears(octets.subarray(20));
    expect(driver.happened.slice(0, 2)).toEqual(['C: ATDT0190', 'writable']);
    expect(driver.modem.counters.get('falseAlarms')).toBe(1);
  });

  test('and when the carrier is lost, what was held is gone', () => {
    const driver = online();
    driver.hears(fromAscii('\r\nNO CARRIER\r\n'));
    expect(driver.play('send ATDT0190')).toContain('held');
    driver.wait(SECOND);
    expect(driver.happened).toContain(lost);
    expect(driver.happened.filter((line) => line.includes('0190'))).toEqual([]);
  });

  test('a line that is busy after a false alarm is not said to take more', () => {
    const driver = online();
    driver.hears(fromAscii('x\r\nNO CARRIER\r\n'));
    driver.play('send one');
    driver.lineTakes = false;
    driver.hears(fromAscii('more'));
    expect(driver.happened.slice(0, 1)).toEqual(['C: one']);
    expect(driver.happened).not.toContain('writable');
  });
});

describe('while it is not settled', () => {
  test('a line that takes more is not asked to, and after it is', () => {
    const driver = online();
    driver.hears(fromAscii('x\r\nNO CARRIER\r\n'));
    expect(driver.play('writable').slice(1)).toEqual(['writable']); // the input alone
    driver.hears(fromAscii('more'));
    expect(driver.happened[0]).toBe('writable');
  });
});

describe('NO CARRIER with DCD', () => {
  test('the words mean nothing', () => {
    const driver = online('on');
    driver.hears(fromAscii('\r\nNO CARRIER\r\n'));
    driver.wait(60 * SECOND);
    expect(driver.happened).not.toContain(lost);
    driver.play('carrier off');
    expect(driver.modem.counters.get('carrierLosses')).toBe(1);
  });
});
