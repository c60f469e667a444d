import { resolve } from 'node:path';
import type { ServerTerms } from '../routing/index.js';
import type { RouteSettings } from './schema/route.js';

/** @param folder where relative paths begin. */
export function outgoingOf(
  { tls_ca: trusted, auth }: Pick<RouteSettings, 'tls_ca' | 'auth'>,
  folder: string,
): Pick<ServerTerms, 'trusted' | 'login'> {
  return {
    ...(trusted !== undefined && { trusted: resolve(folder, trusted) }),
    ...(auth !== undefined && {
      login: { user: auth.user, passwordFile: resolve(folder, auth.password_file) },
    }),
  };
}
