const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Octets read as UTF-8; undefined where they are none. */
export function textOf(octets: Uint8Array): string | undefined {
  try {
    return UTF8.decode(octets);
  } catch {
    return undefined;
  }
}
