/** The tables of the configuration's schema, as rows that can be printed. */
import { z } from 'zod';
import { formatDuration, formatSize } from '../src/config/units.js';

export interface KeyRow {
  readonly key: string;
  /** What may be written there, in the words of the error messages. */
  readonly allowed: string;
  /** As it would be written; absent where nothing is assumed. */
  readonly usual: string | undefined;
  readonly isNeeded: boolean;
}

export interface SchemaTable {
  /** As in the file: `link.packet`. */
  readonly name: string;
  readonly rows: readonly KeyRow[];
}

/** A table, and those within it that have a section of their own. */
export function tablesOf(name: string, schema: z.ZodType): SchemaTable[] {
  const object = objectIn(schema);
  if (object === undefined) throw new Error(`${name} is no table`);
  const rows: KeyRow[] = [];
  const inner: SchemaTable[] = [];
  for (const [key, value] of Object.entries<z.ZodType>(object.shape)) {
    const below = objectIn(value);
    rows.push(rowOf(key, value, below === undefined ? undefined : `a table, see \`${name}.${key}\``));
    if (below !== undefined) inner.push(...tablesOf(`${name}.${key}`, value));
  }
  return [{ name, rows }, ...inner];
}

function rowOf(key: string, schema: z.ZodType, table: string | undefined): KeyRow {
  const allowed = table ?? allowedBy(schema);
  return {
    key,
    allowed,
    usual: table === undefined ? usualOf(schema, allowed) : undefined,
    isNeeded: !schema.safeParse(undefined).success,
  };
}

/** What is certainly wrong is answered with what is right. */
function allowedBy(schema: z.ZodType): string {
  const result = schema.safeParse(takesOneOrMore(schema) ? [] : Symbol('nothing that TOML knows'));
  return result.success ? '' : (result.error.issues[0]?.message ?? '');
}

function usualOf(schema: z.ZodType, allowed: string): string | undefined {
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)) return undefined;
  return asWritten(schema.def.defaultValue, allowed);
}

function asWritten(value: unknown, allowed: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => asWritten(item, allowed)).join(', ')}]`;
  if (typeof value === 'number' && /\ba (list of )?times?\b/.test(allowed))
    return value === 0 ? '"0s"' : JSON.stringify(formatDuration(value));
  if (typeof value === 'number' && /\ba size\b/.test(allowed)) return JSON.stringify(formatSize(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, each]) => `${key} = ${asWritten(each, allowed)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

/** One item stands for a list of it alone: only an empty list is answered with both. */
function takesOneOrMore(schema: z.ZodType): boolean {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return takesOneOrMore(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodPipe && schema.out instanceof z.ZodArray;
}

/** The table that a value is, or that each item of a list of them is. */
function objectIn(schema: z.ZodType): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema;
  if (schema instanceof z.ZodArray) return objectIn(schema.element as z.ZodType);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return objectIn(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodPipe)
    return objectIn(schema.in as z.ZodType) ?? objectIn(schema.out as z.ZodType);
  return undefined;
}
