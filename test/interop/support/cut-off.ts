import type { TransactionKey } from '../../../src/spool/index.js';

/** Of the message that `spool-process.ts` takes in two sessions. */
export const CUT_OFF: TransactionKey = {
  peer: '26245300040',
  hello: 'gw-b.example',
  id: '<1@gw-b.example>',
};
