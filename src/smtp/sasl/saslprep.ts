/** RFC 4013 §2.1: spaces that are not ASCII become one. */
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
/** RFC 3454 B.1: these become nothing. */
const NOTHING =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: single characters, joined to nothing
  /[\u00ad\u034f\u1806\u180b-\u180d\u200c\u200d\u2060\ufe00-\ufe0f\ufeff]/gu;
/** RFC 4013 §2.3: controls, private use, surrogates, what is no character, what changes the display, tags. */
const PROHIBITED =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: single characters, looked for one by one
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u06dd\u070f\u180e\u2028\u2029\u0340\u0341\u200e\u200f\u202a-\u202e\u2061-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufff9-\ufffd\u{e0001}\u{e0020}-\u{e007f}]/u;

/**
 * A user name or password in the form in which it is compared (RFC 4013).
 *
 * DEVIATION RFC 4013 §2.4: the direction of writing is not checked; a name that breaks that rule is known to nobody.
 *
 * @returns undefined when it is empty or holds what may not be in it.
 */
export function saslPrep(text: string): string | undefined {
  const prepared = text.replace(SPACES, ' ').replace(NOTHING, '').normalize('NFKC');
  return prepared === '' || PROHIBITED.test(prepared) ? undefined : prepared;
}
