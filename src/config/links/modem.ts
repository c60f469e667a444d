import { type ModemProfile, modemSettings } from '../../modem/index.js';
import type { ModemLinkConfiguration } from '../configuration.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';
import { readPart } from '../read.js';
import { type ModemLinkSettings, modemSchema } from '../schema/link-kinds.js';
import { KEYS_OF_DIRECTION } from '../schema/modem.js';
import { formatDuration } from '../units.js';
import { layersOf } from './access-line.js';
import { isServer, lineOf } from './line.js';
import { readProfile } from './modem-profile.js';
import { type LinkSurroundings, numbersOf } from './numbers.js';
import { tariffOf } from './tariff.js';

/** `[[link]]` with `type = "modem"`. */
export function readModem(
  path: KeyPath,
  surroundings: LinkSurroundings,
  problems: ProblemList,
): ModemLinkConfiguration | undefined {
  const settings = readPart(modemSchema, path, problems);
  if (settings === undefined) return undefined;
  checkDirections(settings, path, problems);
  const { dial, answer, lapb, hang_up: hangUp = isServer(settings) ? 'escape' : 'dtr' } = settings;
  if (hangUp === 'dtr' && isServer(settings))
    problems.refuse(
      [...path, 'hang_up'],
      'found "dtr"; allowed with tcp://: "escape"; a serial device server has no DTR that we could reach',
    );
  const line = lineOf(settings, surroundings.folder, path, problems);
  const profile = readProfile(settings.profile, surroundings.folder, [...path, 'profile'], problems);
  const numbers = numbersOf(settings, surroundings, path, problems);
  const tariff = tariffOf(settings, path, problems);
  // On a modem that never dials there are no other connections than those that it has answered.
  const role = dial === undefined ? settings.answer_role : settings.role;
  const layers = layersOf({ ...settings, role }, path, problems);
  if (line === undefined || profile === undefined) return undefined;
  warnOfGuard(settings, profile, path, problems);
  return {
    type: 'modem',
    ...numbers,
    ...tariff,
    vouched: dial !== undefined,
    line,
    ...layers,
    profile: profile.name,
    modem: modemSettings(profile, {
      dialling: settings.dialling,
      // Also where the port is a device server's: the modem on it has to be told all the same.
      flow: settings.flow,
      init: settings.init,
      answerAfterRings: answer,
      hangUpBy: hangUp,
      times: settings.modem,
    }),
    ...(dial !== undefined && { dial }),
    answerRole: settings.answer_role,
    callsOnAnswered: settings.calls_on_answered,
    idleHangUpMs: settings.hang_up_after,
    answeredIdleHangUpMs: settings.answered_hang_up_after,
    // Who has written a T1 knows the line better than the modem at this end does.
    adaptsT1: lapb.t1 === undefined,
  };
}

/** Dials, answers, or both; what is written for the direction that is missing would have no effect. */
function checkDirections({ dial, answer }: ModemLinkSettings, path: KeyPath, problems: ProblemList): void {
  if (dial === undefined && answer === 0) {
    problems.refuse(path, 'neither dials nor answers; needed: dial, or answer = 1 (rings), or both');
    return;
  }
  const ineffective = [
    ...(dial === undefined ? KEYS_OF_DIRECTION.dial.map((key) => [key, 'dial'] as const) : []),
    ...(answer === 0 ? KEYS_OF_DIRECTION.answer.map((key) => [key, 'answer'] as const) : []),
  ];
  for (const [key, needed] of ineffective)
    if (problems.found([...path, key]) !== undefined)
      problems.refuse(
        [...path, key],
        `allowed only with ${needed === 'dial' ? 'dial' : 'answer = 1 or more'}`,
      );
}

function warnOfGuard(
  { modem }: ModemLinkSettings,
  profile: ModemProfile,
  path: KeyPath,
  problems: ProblemList,
): void {
  const { guardMs } = profile.escape;
  if (modem.guardMs !== undefined && modem.guardMs <= guardMs)
    problems.warn(
      [...path, 'modem', 'guard'],
      `is not longer than the guard time of the modem, "${formatDuration(guardMs)}": it would not take the escape sequence`,
    );
}
