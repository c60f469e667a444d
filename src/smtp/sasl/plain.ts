import { isPassword } from './credentials.js';
import { failed, type Mechanism, type Step } from './mechanism.js';
import { saslPrep } from './saslprep.js';
import { textOf } from './text.js';

/** RFC 4616: one message, `[identity] NUL user NUL password`. */
export const PLAIN: Mechanism = {
  initialResponse: true,
  begin: () => ({ challenge: new Uint8Array(0), respond }),
};

function respond(response: Uint8Array): Step {
  const parts = textOf(response)?.split('\0');
  if (parts?.length !== 3) return failed('syntax');
  const [identity = '', user = '', password = ''] = parts;
  return checkPassword(user, password, identity);
}

/** What PLAIN and LOGIN have in common. */
export function checkPassword(user: string, password: string, identity: string): Step {
  const prepared = saslPrep(user);
  const actsFor = identity === '' ? prepared : saslPrep(identity);
  if (prepared === undefined || actsFor === undefined) return failed('credentials');
  return {
    lookUp: prepared,
    found: (credentials) =>
      isPassword(prepared, password, credentials)
        ? { proven: { user: prepared, identity: actsFor } }
        : failed('credentials'),
  };
}
