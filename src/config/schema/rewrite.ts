import { matching, name, oneOrMore, table, yesOrNo } from './fields.js';

const DOMAIN = 'a domain, or many: "#" stands for a number, "*" for a part of it, such as "#.x25.example"';

/** `[[rewrite]]` */
export const rewriteSchema = table('rewrite', {
  inside: matching(/./, DOMAIN),
  outside: matching(/./, DOMAIN),
  peer: oneOrMore(name(), 'the name of a peer, or a list of them').optional(),
  signed: yesOrNo().default(false),
});
