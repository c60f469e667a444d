import type { PacketLayerParameters } from '../../x25/index.js';
import type { KeyPath } from '../locate.js';
import type { ProblemList } from '../problem.js';

const DEFAULT_MAX_SIZE = 1024;

interface SizeSettings {
  readonly size: number;
  readonly window: number;
  readonly max_size?: number | undefined;
  readonly max_window: number;
}

type Sizes = Pick<
  PacketLayerParameters,
  'defaultPacketSize' | 'defaultWindow' | 'maxPacketSize' | 'maxWindow'
>;

/** Sizes of packets and windows. @param path of `[link.packet]`. */
export function sizesOf(packet: SizeSettings, path: KeyPath, problems: ProblemList): Sizes {
  const { size, max_size = Math.max(size, DEFAULT_MAX_SIZE), window, max_window } = packet;
  if (size > max_size)
    problems.refuse([...path, 'max_size'], `found ${max_size}; allowed: no less than size, which is ${size}`);
  if (window > max_window)
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
