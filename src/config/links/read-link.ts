import { z } from 'zod';
import type { LinkConfiguration, SerialLinkConfiguration } from '../configuration.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';
import { readPart } from '../read.js';
import { choice } from '../schema/fields.js';
import { LINK_KINDS } from '../schema/link.js';
import { serialSchema } from '../schema/link-kinds.js';
import { layersOf } from './access-line.js';
import { isServer, lineOf, refuseHardwareFlowOfServer } from './line.js';
import { readModem } from './modem.js';
import { type LinkSurroundings, numbersOf } from './numbers.js';
import { readPad } from './pad.js';
import { tariffOf } from './tariff.js';
import { readXot } from './xot.js';

/** Of a link whose kind is not known, nothing else can be judged. */
const kindSchema = z.object({ type: choice(LINK_KINDS) }, { error: 'a table' });

/** `[[link]]`: what is written, and what follows from it. */
export function readLink(
  path: KeyPath,
  surroundings: LinkSurroundings,
  problems: ProblemList,
): LinkConfiguration | undefined {
  const kind = readPart(kindSchema, path, problems);
  switch (kind?.type) {
    case 'serial':
      return readSerial(path, surroundings, problems);
    case 'modem':
      return readModem(path, surroundings, problems);
    case 'pad':
      return readPad(path, surroundings, problems);
    case 'xot':
      return readXot(path, surroundings, problems);
    case undefined:
      return undefined;
  }
}

function readSerial(
  path: KeyPath,
  surroundings: LinkSurroundings,
  problems: ProblemList,
): SerialLinkConfiguration | undefined {
  const settings = readPart(serialSchema, path, problems);
  if (settings === undefined) return undefined;
  const line = lineOf(settings, surroundings.folder, path, problems);
  refuseHardwareFlowOfServer(settings, '"none" or "xonxoff"', path, problems);
  const numbers = {
    ...numbersOf(settings, surroundings, path, problems),
    ...tariffOf(settings, path, problems),
  };
  const layers = layersOf(settings, path, problems);
  const watchesCarrier = settings.carrier === 'watch';
  if (watchesCarrier && isServer(settings))
    problems.refuse(
      [...path, 'carrier'],
      'found "watch"; allowed with tcp://: "ignore"; a serial device server shows no carrier',
    );
  if (settings.fcs === 'none' && !isServer(settings))
    problems.warn(
      [...path, 'fcs'],
      'is "none" on a line of this machine: what the line damages goes unnoticed and ends up in mail',
    );
  return (
    line && { type: 'serial', ...numbers, vouched: true, line, ...layers, fcs: settings.fcs, watchesCarrier }
  );
}
