import { z } from 'zod';
import { choice, list, listenAddress, matching, network, table } from './fields.js';

const allowed = 'a list of addresses with ports';

/** `[listen]`; each entry of a list is read by itself (`readListeners`). */
export const listenSchema = table('listen', {
  smtp: list(z.unknown(), allowed).default([]),
  submission: list(z.unknown(), allowed).default([]),
  tls: z.unknown().optional(),
});

/** An entry that says more than its address. */
export function listenerSchema(service: 'smtp' | 'submission') {
  return table(`listen.${service}`, {
    address: listenAddress(),
    tls: choice(['starttls', 'implicit', 'none']).optional(),
    proxy: list(network(), 'a list of networks').default([]),
    xclient: list(network(), 'a list of networks').default([]),
  });
}

/** `[listen.tls]` */
export const tlsSchema = table('listen.tls', {
  cert: matching(/./, 'a file with the certificate and those that lead to its signer (PEM)'),
  key: matching(/./, 'a file with the private key (PEM)'),
});
