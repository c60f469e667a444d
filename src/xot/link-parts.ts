/**
 * The circuit on a channel of a packet layer, and the call that becomes one: the same on XOT as on an access line.
 */

// biome-ignore lint/style/noRestrictedImports: the index of circuit does not offer them
export { type CircuitHost, LinkCircuit } from '../circuit/link-circuit.js';
// biome-ignore lint/style/noRestrictedImports: the index of circuit does not offer them
export { LinkIncomingCall } from '../circuit/link-incoming-call.js';
