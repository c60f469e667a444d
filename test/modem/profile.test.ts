import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeProfile, isDialString, isModemCommand, modemSettings } from '../../src/modem/index.js';

const FOLDER = new URL('../../hardware/modems/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const minimal = { name: 'm', description: 'd', source: 's', init: ['ATZ'] };

function decode(profile: unknown) {
  return decodeProfile(JSON.stringify(profile));
}

function settingsOf(file: string, choice: Parameters<typeof modemSettings>[1] = { flow: 'rtscts' }) {
  const profile = decodeProfile(readFileSync(new URL(file, FOLDER), 'utf8'));
  if (!profile.ok) throw new Error(profile.fault);
  return modemSettings(profile.value, choice);
}

describe('the profiles that come with the program', () => {
  test.each(files)('%s is one, and named after its file', (file) => {
    const profile = decodeProfile(readFileSync(new URL(file, FOLDER), 'utf8'));
    expect(profile).toMatchObject({ ok: true, value: { name: file.replace('.json', '') } });
  });

  test.each(files)('%s: results in words, no echo, DCD and DTR, no answering by itself', (file) => {
    const commands = settingsOf(file).init.join(' ');
    for (const command of ['E0', 'V1', 'Q0', '&C1', '&D2', 'S0=0']) expect(commands).toContain(command);
  });

  test('flow control of the link decides', () => {
    expect(settingsOf('usrobotics.json', { flow: 'none' }).init.at(-1)).toBe('AT&H0&I0&R1');
    expect(settingsOf('rockwell.json', { flow: 'xonxoff' }).init.at(-1)).toBe('AT&K4');
  });
});

describe('a profile', () => {
  test('needs little', () => {
    expect(decode(minimal)).toEqual({
      ok: true,
      value: {
        ...minimal,
        flow: { none: [], rtscts: [], xonxoff: [] },
        dial: { tone: 'ATDT', pulse: 'ATDP' },
        answer: 'ATA',
        hangUp: 'ATH',
        escape: { sequence: '+++', guardMs: 1000 },
        results: {},
      },
    });
  });

  test.each([
    ['', /not JSON/],
    ['[]', /^profile: /],
    ['{}', /^name: .*\ndescription: .*\nsource: .*\ninit: /],
    [JSON.stringify({ ...minimal, init: [] }), /^init: /],
    [JSON.stringify({ ...minimal, init: ['Z'] }), /^init\.0: a command line that begins with AT/],
    [JSON.stringify({ ...minimal, init: ['ATZ\rATDT0190'] }), /^init\.0: /],
    [JSON.stringify({ ...minimal, answer: 'ATÄ' }), /^answer: /],
    [JSON.stringify({ ...minimal, dail: {} }), /dail/],
    [JSON.stringify({ ...minimal, results: { 9: 'CONECT' } }), /^results\.9: a result that every modem has/],
    [JSON.stringify({ ...minimal, results: { 'call fail': 'BUSY' } }), /^results\.call fail: /],
  ])('%s is refused, and it is said where', (text, fault) => {
    const result = decodeProfile(text);
    expect(result.ok ? 'accepted' : result.fault).toMatch(fault);
  });
});

describe('settings', () => {
  test('what an operator says comes on top', () => {
    const profile = decode({ ...minimal, escape: { guardMs: 2000 } });
    if (!profile.ok) throw new Error(profile.fault);
    const settings = modemSettings(profile.value, {
      flow: 'none',
      dialling: 'pulse',
      init: ['ATX3'],
      answerAfterRings: 2,
      hangUpBy: 'escape',
      times: { dialMs: 60_000 },
    });
    expect(settings).toMatchObject({
      init: ['ATZ', 'ATX3'],
      dialCommand: 'ATDP',
      answerAfterRings: 2,
      hangUpBy: 'escape',
      times: { dialMs: 60_000, guardMs: 2300, commandMs: 3000 },
    });
  });

  test.each(['0301234', '0,030-123', '9W(030) 1234', '*70,1', '1'])('%s can be dialled', (number) => {
    expect(isDialString(number)).toBe(true);
  });

  test.each(['', ',', '123;', '12\r', '123\rATH', '+49301234', 'x', '1'.repeat(61)])(
    '%j can not',
    (number) => {
      expect(isDialString(number)).toBe(false);
    },
  );

  test('commands are commands', () => {
    expect(isModemCommand('AT&K3')).toBe(true);
    expect(isModemCommand('&K3')).toBe(false);
  });
});
