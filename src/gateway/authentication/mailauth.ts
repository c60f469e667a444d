import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** Loaded when the first message is checked: it takes as much memory as half of the gateway. */
export function mailauth(): typeof import('mailauth') {
  return load('mailauth') as typeof import('mailauth');
}
