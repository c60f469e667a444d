import { failed, type Mechanism, type Step } from './mechanism.js';
import { checkPassword } from './plain.js';
import { textOf } from './text.js';

/** draft-murchison-sasl-login: two questions, whose wording some clients look at. */
export const LOGIN: Mechanism = {
  initialResponse: true,
  begin: () => ({ challenge: Buffer.from('Username:'), respond: userGiven }),
};

function userGiven(response: Uint8Array): Step {
  const user = textOf(response);
  if (user === undefined) return failed('syntax');
  return {
    challenge: Buffer.from('Password:'),
    respond: (answer) => {
      const password = textOf(answer);
      return password === undefined ? failed('syntax') : checkPassword(user, password, '');
    },
  };
}
