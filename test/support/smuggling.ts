/** What looks like the end of data to some servers and is none to others, for whoever passes messages on. */
import { expect } from 'vitest';

export const VARIANTS: Record<string, string> = {
  'LF . LF': '\n.\n',
  'LF . CR LF': '\n.\r\n',
  'CR LF . LF': '\r\n.\n',
  'CR . CR': '\r.\r',
  'CR . CR LF': '\r.\r\n',
  'CR LF . CR': '\r\n.\r',
  'LF . CR': '\n.\r',
  'CR . LF': '\r.\n',
  'LF . CR CR LF': '\n.\r\r\n',
  'CR LF . CR CR LF': '\r\n.\r\r\n',
  'CR CR LF . CR CR LF': '\r\r\n.\r\r\n',
  'CR LF NUL . CR LF': '\r\n\0.\r\n',
  'CR LF . NUL CR LF': '\r\n.\0\r\n',
  'CR NUL LF . CR LF': '\r\0\n.\r\n',
  'CR LF . CR NUL LF': '\r\n.\r\0\n',
  'LF LF . LF LF': '\n\n.\n\n',
  'CR LF LF . CR LF': '\r\n\n.\r\n',
  'CR LF . LF . CR LF': '\r\n.\n.\r\n',
  'CR LF . CR . CR LF': '\r\n.\r.\r\n',
  'CR LF CR . CR LF': '\r\n\r.\r\n',
  'CR LF . SP CR LF': '\r\n. \r\n',
  'LF CR . LF CR': '\n\r.\n\r',
  'NEL . NEL': '\x85.\x85',
};

export const SMUGGLED = 'MAIL FROM:<evil@x>\r\nRCPT TO:<victim@y>\r\nDATA\r\nsmuggled';

/** In an LF session these are the end of data, as RFC 1090 §8 would have it. */
export const ENDS_LF_SESSION = new Set([
  'LF . LF',
  'LF . CR LF',
  'CR LF . LF',
  'LF LF . LF LF',
  'CR LF LF . CR LF',
  'CR LF . LF . CR LF',
  'CR NUL LF . CR LF',
]);

/** One end of data, at the end, to the strictest and to the most careless of readers; and no line end but CRLF. */
export function expectOneMessage(data: string): void {
  expect(data.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  const careless = [...`\r\n${data}`.matchAll(/(?<=\r\n|\r|\n)\.(?:\r\n|\r|\n)/g)];
  expect(careless.map((end) => end.index)).toEqual([data.length - 1]);
}
