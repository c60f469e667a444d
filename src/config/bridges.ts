import type { BridgeConfiguration } from './configuration.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { readPart } from './read.js';
import { bridgeSchema } from './schema/bridge.js';

/** `[[bridge]]` */
export function readBridge(path: KeyPath, problems: ProblemList): BridgeConfiguration | undefined {
  return readPart(bridgeSchema, path, problems);
}
