import Table from 'cli-table3';
import { formatRoundedDuration } from '../config/index.js';

export type Row = readonly string[];

/** A heading, and rows in columns without lines around them. Ends with a line end. */
export function section(title: string, rows: readonly Row[]): string {
  const none = Object.fromEntries(BORDERS.map((border) => [border, '']));
  const table = new Table({
    chars: { ...none, left: '  ' },
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return [title, ...table.toString().split('\n')].map((line) => `${line.trimEnd()}\n`).join('');
}

const BORDERS = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
  'middle',
];

export function time(milliseconds: number): string {
  return milliseconds === 0 ? 'off' : formatRoundedDuration(milliseconds);
}

export function commas(texts: readonly string[], none = ''): string {
  return texts.length === 0 ? none : texts.join(', ');
}
