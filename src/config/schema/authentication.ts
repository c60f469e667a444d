import { choice, duration, matching, table } from './fields.js';

const DOMAIN = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;

/** `[checks]` */
export const checksSchema = table('checks', {
  mode: choice(['off', 'note', 'enforce']).default('off'),
  time: duration(1000, 5 * 60_000).default(20_000),
});

/** `[[dkim]]` */
export const dkimSchema = table('dkim', {
  domain: matching(DOMAIN, 'a domain, such as "site-a.example"').transform((text) => text.toLowerCase()),
  selector: matching(DOMAIN, 'a selector, such as "x25": its key is published at x25._domainkey.DOMAIN'),
  key: matching(/./, 'a file with a private key in PEM'),
});
