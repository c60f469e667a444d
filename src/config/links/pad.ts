import { DEFAULT_PAD_TIMERS } from '../../pad/index.js';
import type { PadLinkConfiguration } from '../configuration.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';
import { describeValue, readPart } from '../read.js';
import { padSchema } from '../schema/link-kinds.js';
import { isServer, lineOf, refuseHardwareFlowOfServer } from './line.js';
import { type LinkSurroundings, numbersOf } from './numbers.js';
import { tariffOf } from './tariff.js';

/** `[[link]]` with `type = "pad"`. */
export function readPad(
  path: KeyPath,
  surroundings: LinkSurroundings,
  problems: ProblemList,
): PadLinkConfiguration | undefined {
  const settings = readPart(padSchema, path, problems);
  if (settings === undefined) return undefined;
  const line = lineOf(settings, surroundings.folder, path, problems);
  refuseHardwareFlowOfServer(settings, '"none"', path, problems);
  const { clearing = isServer(settings) ? 'escape' : 'break' } = settings;
  if (isServer(settings) && clearing !== 'escape')
    problems.refuse(
      [...path, 'clearing'],
      `found ${describeValue(clearing)}; allowed with tcp://: "escape"; a serial device server shows us neither break nor DTR`,
    );
  const { service_request: serviceRequest, user_data_mark: userDataMark } = settings;
  const numbers = numbersOf(settings, surroundings, path, problems);
  const tariff = tariffOf(settings, path, problems);
  return (
    line && {
      type: 'pad',
      ...numbers,
      ...tariff,
      vouched: true,
      line,
      clearing,
      ...(serviceRequest !== undefined && { serviceRequest }),
      parameters: settings.parameters,
      ...(userDataMark !== undefined && { userDataMark }),
      timers: { ...DEFAULT_PAD_TIMERS, ...settings.timers },
    }
  );
}
