/**
 * What decoding of foreign octets returns: a value, or the word for what is wrong with them.
 * Foreign octets never throw; what the fault means (a counter, a diagnostic, FRMR) is the machine's business.
 */
export type Decoded<Value, Fault extends string = string> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: Fault };

export function decoded<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function fault<Fault extends string>(why: Fault): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault: why };
}
