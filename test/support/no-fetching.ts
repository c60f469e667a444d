import type { SmtpServiceOptions } from '../../src/gateway/smtp-service.js';

/** Nobody has mail to fetch. */
export const NO_FETCHING: SmtpServiceOptions['fetchDesk'] = {
  etrn: async () => ({ accept: true }),
  atrn: async () => ({ code: 453, text: 'no mail' }),
};
