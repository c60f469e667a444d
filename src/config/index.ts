export type * from './configuration.js';
export { channelsToCallOn } from './link-warnings.js';
export { type ConfigurationResult, loadConfiguration, parseConfiguration } from './load.js';
export { formatProblem, type Problem } from './problem.js';
export { isReached } from './reach.js';
export { routerFor } from './routers.js';
export { formatHostAndPort, type HostAndPort } from './schema/fields.js';
export { LONGEST_SOCKET_PATH } from './socket.js';
export { formatDuration, formatRoundedDuration, formatSize, parseDuration, parseSize } from './units.js';
