export { isAddress, isDomain, splitAddress } from './address.js';
export { NO_CAPABILITIES } from './capabilities.js';
export * from './client.js';
export { type DataFault, DataReader, type DataReaderOptions, DataWriter } from './data.js';
export type * from './envelope.js';
export { Inbox } from './inbox.js';
export { type LineFault, LineSplitter } from './line.js';
export { find, LF, printable, toLatin1 } from './octets.js';
export { BASIC_OFFERS, type Offers } from './offers.js';
export type { AttributeName, ProxyAttributes } from './proxy-attributes.js';
export { DATA_REFUSALS, LINE_REFUSALS, NO_COMMAND, NOT_IMPLEMENTED } from './refusals.js';
export { describeReply, type EnhancedReply, formatReply } from './reply.js';
export {
  type Credentials,
  MECHANISMS,
  type MechanismName,
  makeVerifier,
  type ScramVerifier,
} from './sasl/index.js';
export * from './server.js';
export type * from './server-interface.js';
export type * from './session.js';
