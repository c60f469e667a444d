export { ClientRunner, type ClientRunnerOptions } from './client-runner.js';
export type { GatewayEvent, LineState, Observe } from './events.js';
export { type Environment, Gateway } from './gateway.js';
export { queueAtRest } from './queue-at-rest.js';
export { changeUser, formatUser, isUserName } from './users-file.js';
