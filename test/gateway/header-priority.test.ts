import { expect, test } from 'vitest';
import { HeaderPriority } from '../../src/gateway/header-priority.js';

test.each<[string, number | undefined]>([
  ['Subject: x\r\n\r\nPriority: urgent\r\n', undefined],
  ['Priority: urgent\r\n\r\n', 4],
  ['PRIORITY: Non-Urgent\r\n\r\n', -4],
  ['Priority: normal\r\nX-Priority: 1\r\n\r\n', 0],
  ['Priority: whenever\r\nX-Priority: 2 (High)\r\n\r\n', 2],
  ['X-Priority:\r\n 5\r\n\r\n', -4],
  ['X-Priority: 3\r\n\r\n', 0],
  ['X-Priority: 10\r\n\r\n', undefined],
  ['X-Priority: 6\r\nImportance: High\r\n\r\n', 4],
  ['Importance: low\r\n', -4],
  ['', undefined],
  [`X: ${'x'.repeat(40_000)}\r\nPriority: urgent\r\n\r\n`, undefined],
])('%j: %s', (text, level) => {
  for (const size of [1, 7, 100_000]) {
    const header = new HeaderPriority();
    for (let at = 0; at < text.length; at += size) header.pass(Buffer.from(text.slice(at, at + size)));
    expect(header.value).toBe(level);
  }
});
