import { matching, table } from './fields.js';

/** Whose certificates count where we are the client, and who we log in as. @param of the table, `route`. */
export function outgoingKeys(of: string) {
  return {
    tls_ca: matching(/./, 'a file with the certificates of signers (PEM)').optional(),
    auth: table(`${of}.auth`, {
      user: matching(/^\P{Cc}{1,255}$/u, 'a name, up to 255 characters'),
      password_file: matching(/./, 'a file whose first line is the password'),
    }).optional(),
  };
}
