/** `docs/configuration.md`: every key of the configuration, as the schema has it. `npm run docs` writes it. */
import { writeFileSync } from 'node:fs';
import type { z } from 'zod';
import { checksSchema, dkimSchema } from '../src/config/schema/authentication.js';
import { bridgeSchema } from '../src/config/schema/bridge.js';
import {
  consoleSchema,
  fileSchema,
  gatewaySchema,
  logSchema,
  queueSchema,
  relaySchema,
} from '../src/config/schema/gateway.js';
import { incomingSchema } from '../src/config/schema/incoming.js';
import { modemSchema, padSchema, serialSchema, xotSchema } from '../src/config/schema/link-kinds.js';
import { listenerSchema, listenSchema, tlsSchema } from '../src/config/schema/listen.js';
import { peerSchema } from '../src/config/schema/peer.js';
import { accessSchema, aliasesSchema, authSchema, limitsSchema } from '../src/config/schema/policy.js';
import { rewriteSchema } from '../src/config/schema/rewrite.js';
import { routeSchema } from '../src/config/schema/route.js';
import { MEANINGS } from './configuration-meanings.js';
import { type KeyRow, type SchemaTable, tablesOf } from './schema-tables.js';

const LINKS = { serial: serialSchema, modem: modemSchema, pad: padSchema, xot: xotSchema };

/** What the schema has elsewhere, or leaves to a second look. */
const ALLOWED: Readonly<Record<string, string>> = {
  'listen.smtp': 'a list of addresses with ports, or tables (below)',
  'listen.submission': 'a list of addresses with ports, or tables (below)',
  'listen.tls': 'a table, see `listen.tls`',
  'link.type': Object.keys(LINKS)
    .map((kind) => `"${kind}"`)
    .join(' or '),
};

/** In the order of the page. */
const TABLES: readonly (readonly [name: string, schema: z.ZodType])[] = [
  ['gateway', gatewaySchema],
  ['listen', listenSchema],
  ['listen.entry', listenerSchema('smtp')],
  ['listen.tls', tlsSchema],
  ['auth', authSchema],
  ['relay', relaySchema],
  ['access', accessSchema],
  ['aliases', aliasesSchema],
  ['limits', limitsSchema],
  ['checks', checksSchema],
  ['dkim', dkimSchema],
  ['peer', peerSchema],
  ['incoming', incomingSchema],
  ['bridge', bridgeSchema],
  ['route', routeSchema],
  ['rewrite', rewriteSchema],
  ['queue', queueSchema],
  ['console', consoleSchema],
  ['log', logSchema],
];

/** Tables of which a file may have several. */
const LISTS = ['access', 'dkim', 'link', 'peer', 'incoming', 'bridge', 'route', 'rewrite'];

/** Of tables that stand in a list, and have no head of their own. */
const TITLES: Readonly<Record<string, string>> = {
  'listen.entry': 'An entry of `listen.smtp` or `listen.submission`',
  'link.routers': 'An entry of `routers` in `[[link]]`',
  'link.tariff.windows': 'An entry of `windows` in `[link.tariff]`',
  'peer.facilities': 'An entry of `facilities` in `[[peer]]`',
};

const INTRODUCTION = `# The configuration, key by key

Made by \`npm run docs\` from the schema that \`x25mail check\` uses. The file is TOML; README.md has examples. Relative paths start at
the file's folder; times and sizes are strings with units; patterns are exact, with \`*\`, or a regular expression between slashes. A key
that is not in bold may be left out.
`;

interface Row extends KeyRow {
  /** Kinds of links that have the key; absent where that is no question. */
  readonly kinds?: readonly string[];
}

interface Table {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** All tables of a configuration, the links after the policy. */
export function configurationTables(): Table[] {
  const tables: Table[] = TABLES.flatMap(([name, schema]) => tablesOf(name, schema));
  const peers = tables.findIndex(({ name }) => name === 'peer');
  return tables.toSpliced(peers, 0, ...linkTables());
}

/** A key that several kinds of links have stands once. */
function linkTables(): Table[] {
  const byName = new Map<string, Map<string, Row & { kinds: string[] }>>();
  for (const [kind, schema] of Object.entries(LINKS))
    for (const { name, rows } of tablesOf('link', schema)) addKind(byName, kind, { name, rows });
  return Array.from(byName, ([name, rows]) => ({ name, rows: [...rows.values()] }));
}

function addKind(
  byName: Map<string, Map<string, Row & { kinds: string[] }>>,
  kind: string,
  { name, rows }: SchemaTable,
): void {
  const known = byName.get(name) ?? new Map<string, Row & { kinds: string[] }>();
  byName.set(name, known);
  for (const row of rows) {
    const before = known.get(row.key);
    if (before === undefined) known.set(row.key, { ...row, kinds: [kind] });
    else before.kinds.push(kind);
  }
}

/** The page. @throws Error where a key has no meaning, or a meaning no key. */
export function configurationReference(): string {
  const tables = configurationTables();
  const keys = new Set(tables.flatMap(({ name, rows }) => rows.map(({ key }) => `${name}.${key}`)));
  const missing = [...keys].filter((key) => MEANINGS[key] === undefined);
  const left = Object.keys(MEANINGS).filter((key) => !keys.has(key));
  const unknown = Object.keys(fileSchema.shape).filter(
    (name) => !tables.some((table) => table.name === name),
  );
  if (unknown.length > 0) throw new Error(`not on the page: ${unknown.join(', ')}`);
  if (missing.length > 0 || left.length > 0)
    throw new Error(`without a meaning: ${missing.join(', ')}; without a key: ${left.join(', ')}`);
  return [INTRODUCTION, ...tables.map(sectionOf)].join('\n');
}

function sectionOf({ name, rows }: Table): string {
  const lines = rows.map((row) => {
    const path = `${name}.${row.key}`;
    const { key, usual, kinds = [], isNeeded } = row;
    const onlyFor = kinds.length === 0 || kinds.length === Object.keys(LINKS).length ? '' : kinds.join(', ');
    const allowed = ALLOWED[path] ?? row.allowed;
    const cells = [isNeeded ? `**${key}**` : key, allowed, usual === undefined ? '' : `\`${usual}\``];
    return [...cells, [MEANINGS[path] ?? '', onlyFor && `(${onlyFor})`].filter(Boolean).join(' ')];
  });
  const table = [['key', 'allowed', 'default', 'what it is for'], ['---', '---', '---', '---'], ...lines];
  const title = LISTS.includes(name) ? `\`[[${name}]]\`` : (TITLES[name] ?? `\`[${name}]\``);
  return `## ${title}\n\n${table.map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n')}\n`;
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationReference());
