import { Network } from '../../routing/index.js';
import { DEFAULT_PACKET_TIMERS } from '../../x25/index.js';
import type { XotLinkConfiguration, XotRouter } from '../configuration.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';
import { describeValue, readPart } from '../read.js';
import { type XotSettings, xotSchema } from '../schema/link-kinds.js';
import { XOT_PORT } from '../schema/xot.js';
import { readServerTemplate } from '../server-template.js';
import { type LinkSurroundings, numbersOf } from './numbers.js';
import { sizesOf } from './sizes.js';
import { tariffOf } from './tariff.js';

/** `[[link]]` with `type = "xot"`. */
export function readXot(
  path: KeyPath,
  surroundings: LinkSurroundings,
  problems: ProblemList,
): XotLinkConfiguration | undefined {
  const settings = readPart(xotSchema, path, problems);
  if (settings === undefined) return undefined;
  const { listen, packet } = settings;
  if (listen === undefined && settings.routers.length === 0)
    problems.refuse(path, 'neither calls nor is called; needed: routers, or listen, or both');
  if (listen === undefined && settings.allow !== undefined)
    problems.refuse([...path, 'allow'], 'allowed only with listen: who may connect to it');
  if (listen === undefined && settings.verify_calling !== undefined)
    problems.refuse([...path, 'verify_calling'], 'allowed only with listen: who may call');
  const numbers = numbersOf(settings, surroundings, path, problems);
  const sizes = sizesOf(packet, [...path, 'packet'], problems);
  const routers = routersOf(settings, [...path, 'routers'], problems);
  const { verify_calling: verifiesCallers = true } = settings;
  return {
    type: 'xot',
    ...numbers,
    ...tariffOf(settings, path, problems),
    vouched: verifiesCallers,
    ...(listen !== undefined && { listen }),
    allow: listen === undefined ? [] : (settings.allow ?? usualCallers(routers, verifiesCallers)),
    verifiesCallers,
    routers,
    maxCircuits: settings.max_circuits,
    connectMs: settings.connect,
    keepAliveMs: settings.keepalive,
    idleMs: settings.idle,
    packet: { modulo: packet.modulo, ...sizes, timers: { ...DEFAULT_PACKET_TIMERS, ...packet.timers } },
  };
}

function routersOf({ routers }: XotSettings, path: KeyPath, problems: ProblemList): XotRouter[] {
  return routers.flatMap(({ nua, to }, index) => {
    const at = [...path, index, 'to'];
    const server = readServerTemplate(to, { groups: nua.groups, usualPort: XOT_PORT }, at, problems);
    if (server === 'notAServer')
      problems.refuse(
        at,
        `found ${describeValue(to)}; allowed: a host, with a port unless it is ${XOT_PORT}, such as "10.1.1.1" or "$2.$1.x25.example"`,
      );
    return typeof server === 'object' ? [{ nua, ...server }] : [];
  });
}

/** Who may connect where nothing is said of it. A name can be anywhere; then verification keeps others from calling. */
function usualCallers(routers: readonly XotRouter[], verifiesCallers: boolean): Network[] {
  const fixed = routers.filter(({ host }) => host.isFixed).map(({ host }) => host.expand([]));
  const addresses = [...new Set(fixed)].flatMap((address) => Network.parse(address) ?? []);
  const hasNames = addresses.length < new Set(fixed).size || fixed.length < routers.length;
  return hasNames && verifiesCallers ? ANYBODY : addresses;
}

const ANYBODY = ['0.0.0.0/0', '::/0'].flatMap((network) => Network.parse(network) ?? []);
