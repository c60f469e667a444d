import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfiguration, routerFor, type XotLinkConfiguration } from '../../src/config/index.js';

const FILE = new URL('../../config/xot.toml', import.meta.url);
const text = readFileSync(FILE, 'utf8');

function linkOf(toml: string): XotLinkConfiguration {
  const result = parseConfiguration(toml, FILE.pathname);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const [link] = result.configuration.links;
  if (link?.type !== 'xot') throw new Error('the first link is not XOT');
  return link;
}

test('the example says where numbers are called, and so it is', () => {
  const link = linkOf(text);
  expect(routerFor(link, '70000130')).toEqual({ host: '10.1.1.1', port: 1998 });
  expect(text).toContain('# 700002xx is at 002.700.x25.example');
  expect(routerFor(link, '70000210')).toEqual({ host: '002.700.x25.example', port: 1998 });
});

test('what the example calls usual need not be written', () => {
  const usual = /^ *(verify_calling|connect|keepalive|idle|window|size|max_size|max_window) *=.*\n/gm;
  const removed = text.match(usual) ?? [];
  expect(removed).toHaveLength(8);
  expect(linkOf(text.replace(usual, ''))).toEqual(linkOf(text));
  const without = text.replace('listen = "0.0.0.0:1998"', 'listen = "0.0.0.0"');
  expect(without).not.toBe(text);
  expect(linkOf(without)).toEqual(linkOf(text));
});
