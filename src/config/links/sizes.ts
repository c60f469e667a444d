import type { Modulo, PacketLayerParameters } from '../../x25/index.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';

const DEFAULT_MAX_SIZE = 1024;

interface SizeSettings {
  readonly modulo: Modulo;
  readonly size: number;
  readonly window: number;
  readonly max_size?: number | undefined;
  readonly max_window?: number | undefined;
}

type Sizes = Pick<
  PacketLayerParameters,
  'defaultPacketSize' | 'defaultWindow' | 'maxPacketSize' | 'maxWindow'
>;

/** Sizes of packets and windows. @param path of `[link.packet]`. */
export function sizesOf(packet: SizeSettings, path: KeyPath, problems: ProblemList): Sizes {
  const {
    modulo,
    size,
    max_size = Math.max(size, DEFAULT_MAX_SIZE),
    window,
    max_window = modulo - 1,
  } = packet;
  for (const [key, value] of Object.entries({ window, max_window }))
    if (value >= modulo)
      problems.refuse(
        [...path, key],
        `found ${value}; allowed in modulo ${modulo}: a whole number from 1 to ${modulo - 1}`,
      );
  if (size > max_size)
    problems.refuse([...path, 'max_size'], `found ${max_size}; allowed: no less than size, which is ${size}`);
  if (window > max_window && window < modulo)
    problems.refuse(
      [...path, 'max_window'],
      `found ${max_window}; allowed: no less than window, which is ${window}`,
    );
  return {
    defaultPacketSize: size,
    defaultWindow: window,
    maxPacketSize: max_size,
    maxWindow: max_window,
  };
}
