import { list, listenAddress, name, network, table } from './fields.js';

/** `[[bridge]]` */
export const bridgeSchema = table('bridge', {
  listen: listenAddress(),
  // This machine, by both families: who reaches it spends our money.
  allow: list(network(), 'a list of networks, at least one')
    .min(1, { error: 'a list of networks, at least one' })
    .prefault(['127.0.0.0/8', '::1']),
  peer: name(),
});
