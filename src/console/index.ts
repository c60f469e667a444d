export { errorCode } from './connect-socket.js';
export { ControlClient, type StreamHandlers } from './control-client.js';
export { ControlServer } from './control-server.js';
export { type ControlConnection, ControlSession } from './control-session.js';
export {
  CAPTURE_LAYERS,
  type CapturedEvent,
  type CaptureLayers,
  gatewayRequests,
} from './gateway-requests.js';
export { HttpConsole, type HttpConsoleOptions } from './http-console.js';
export { LineReader } from './line-reader.js';
export { LONGEST_REPLY, LONGEST_REQUEST } from './protocol.js';
export { type QueueFilter, queueFilterSchema } from './queue-filter.js';
export {
  AGE_CLASSES,
  type ChangeResult,
  type OperatedQueue,
  type QueueChange,
  type QueuedDelivery,
  type QueuedDestination,
  type QueuePage,
  type QueuePlace,
  type QueueSummary,
  queueRequests,
} from './queue-requests.js';
export { type Asked, type ControlRequests, RequestError, request, untilCancelled } from './request.js';
export type { RerouteResult, Routes } from './reroute.js';
export {
  type SettledRecipient,
  SUBMISSION_PIECE,
  type Submission,
  type Submissions,
  type SubmittedMessage,
  submissionRequests,
} from './submission-requests.js';
export type * from './watched-gateway.js';
