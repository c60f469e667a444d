/** SMTP smuggling through a bridge: what comes out has one end of data, and no CR or LF outside of CR LF. */
import { describe, expect, test } from 'vitest';
import { type BareLineEnd, otherSide, type Side } from '../../src/bridge/dialogue.js';
import { ENDS_LF_SESSION, expectOneMessage, SMUGGLED, VARIANTS } from '../support/smuggling.js';
import { type Cut, FollowerPlayer, octetByOctet } from './follower-player.js';

interface Setting {
  readonly client: Side;
  readonly lineEnd: '\r\n' | '\n';
  readonly bareLineEnd: BareLineEnd;
}

/** Cut in two at every octet, and octet by octet. */
function everyCut(octets: string): Cut[] {
  const cuts = Array.from(
    { length: octets.length },
    (_, at): Cut =>
      (piece) => [piece.slice(0, at), piece.slice(at)],
  );
  return [...cuts, octetByOctet];
}

interface Outcome {
  /** What the server got behind DATA. */
  readonly data: string;
  /** Commands behind the data. */
  readonly rest: string;
  readonly wasCut: boolean;
  readonly toClient: string;
}

/** A session whose client puts a second message behind the variant; the server says yes to all. */
function play({ client, lineEnd, bareLineEnd }: Setting, variant: string, cut: Cut): Outcome {
  const player = new FollowerPlayer(
    {
      client,
      bareLineEnd: { [client]: bareLineEnd, [otherSide(client)]: 'refuse' } as Record<Side, BareLineEnd>,
    },
    cut,
  );
  player.server('220 x\r\n').client(`DATA${lineEnd}`).server('354 go\r\n');
  const before = player.passed.server.length;
  player.client(`first${variant}${SMUGGLED.replaceAll('\r\n', lineEnd)}${lineEnd}.${lineEnd}`);
  const data = player.passed.server.slice(before);
  const wasCut = player.log.some((line) => line.startsWith('! cut'));
  const end = /(?:^|\r\n)\.\r\n/.exec(data);
  const at = end === null ? data.length : end.index + end[0].length;
  return { data: data.slice(0, at), rest: data.slice(at), wasCut, toClient: player.passed.client };
}

/** @returns the one outcome of all cuts; of a message that is broken off, how much passed before is not compared. */
function playEveryCut(setting: Setting, variant: string): Outcome {
  const outcomes = everyCut(`first${variant}${SMUGGLED}`).map((cut) => play(setting, variant, cut));
  const [first] = outcomes;
  if (first === undefined) throw new Error('nothing played');
  for (const outcome of outcomes) {
    if (outcome.wasCut) expectIncomplete(outcome.data);
    expect({ ...outcome, data: outcome.wasCut ? '' : outcome.data }).toEqual({
      ...first,
      data: first.wasCut ? '' : first.data,
    });
  }
  return first;
}

/** Not even a careless server sees an end in it. */
function expectIncomplete(data: string): void {
  expect(data).not.toMatch(/(?:^|\r|\n)\.(?:\r|\n)/);
}

const hasBare = (variant: string): boolean => /[\r\n]/.test(variant.replaceAll('\r\n', ''));
const REFUSED =
  '554 5.6.0 Message refused: CR or LF alone in it\r\n421 4.3.0 Connection to the mail server broken off\r\n';

describe.each(Object.entries(VARIANTS))('%s', (name, variant) => {
  describe.each<Side>(['circuit', 'tcp'])('from a client on %s', (client) => {
    test('is never completed at the server where a bare line end is in it and refused, else it is text', () => {
      const outcome = playEveryCut({ client, lineEnd: '\r\n', bareLineEnd: 'refuse' }, variant);
      expect(outcome.wasCut).toBe(hasBare(variant));
      if (outcome.wasCut) expect(outcome.toClient).toBe(`220 x\r\n354 go\r\n${REFUSED}`);
      else expectOneMessage(outcome.data);
      expect(outcome.rest).toBe('');
    });

    test('becomes text', () => {
      const outcome = playEveryCut({ client, lineEnd: '\r\n', bareLineEnd: 'crlf' }, variant);
      expect(outcome).toMatchObject({ wasCut: false, rest: '' });
      expect(outcome.data).toContain('smuggled\r\n.\r\n');
      expectOneMessage(outcome.data);
    });
  });

  test('in an LF session on a circuit ends the data only by the one rule of that session', () => {
    const outcome = playEveryCut({ client: 'circuit', lineEnd: '\n', bareLineEnd: 'crlf' }, variant);
    const strayCr = variant.replaceAll('\r\n', '').includes('\r');
    expect(outcome.wasCut).toBe(strayCr);
    if (strayCr) return;
    expectOneMessage(outcome.data);
    // The caller itself has ended the data there, so what follows are its own commands.
    expect(outcome.rest).toBe(ENDS_LF_SESSION.has(name) ? SMUGGLED.split('smuggled')[0] : '');
  });
});

test('an empty message, and one that begins with dots', () => {
  for (const lineEnd of ['\r\n', '\n'] as const)
    for (const [body, passed] of [
      ['', '.\r\n'],
      [`..${lineEnd}`, '..\r\n.\r\n'],
      [`.x${lineEnd}`, 'x\r\n.\r\n'],
    ] as const) {
      const player = new FollowerPlayer({}, octetByOctet);
      player.server('220 x\r\n').client(`DATA${lineEnd}`).server('354 go\r\n').client(`${body}.${lineEnd}`);
      expect(player.passed.server).toBe(`DATA\r\n${passed}`);
    }
});

test('replies with LF alone reach the client with CR LF, and no CR stands alone in them', () => {
  const player = new FollowerPlayer({ client: 'tcp' }, octetByOctet, { S: '\n' });
  player.play(`
    S: 220-far
    S: 220 far
    C: HELP`);
  player.server('214-a\rb\r\r\n214 c\n');
  expect(player.passed.client).toBe('220-far\r\n220 far\r\n214-a b\r\n214 c\r\n');
});
