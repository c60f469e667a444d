export { describeKey, publishedKey, readDkimKey } from './authentication/index.js';
export { ClientRunner, type ClientRunnerOptions } from './client-runner.js';
export type { Environment } from './environment.js';
export type { GatewayEvent, LineState, Observe } from './events.js';
export { Gateway } from './gateway.js';
export { queueAtRest, submissionsAtRest } from './queue-at-rest.js';
export { enhancedStatusOf } from './report-facts.js';
export { connectByTcp } from './smtp-transport.js';
export { changeUser, formatUser, isUserName } from './users-file.js';
