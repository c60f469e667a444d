import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/spool/schema.js';
import { SQL } from '../../src/spool/sql.js';

/** How SQLite will go about a statement, one line per table. */
function plan(sql: string): string[] {
  const db = openDatabase(':memory:');
  onTestFinished(() => void db.close());
  const unknowns = Array.from(sql.matchAll(/\?/g), () => null);
  const steps = db.prepare<null[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...unknowns);
  return steps.map(({ detail }) => detail);
}

/** What reads from end to end, and why that is right. */
const SCANS: Partial<Record<keyof typeof SQL, readonly string[]>> = {
  // as many rows as it gives back, and no more than LIMIT
  list: ['SCAN d USING INDEX deliveries_age'],
  // one row per destination is what is asked for; the inner one counts what the index found, up to its LIMIT
  destinations: ['SCAN t USING INDEX sqlite_autoindex_destinations_1', 'SCAN (subquery-1)'],
  // a row, and a row per destination
  totals: ['SCAN totals', 'SCAN destinations', 'SCAN destinations'],
  heldDestinations: ['SCAN held_destinations'],
  totalChanges: ['SCAN CONSTANT ROW'],
};

describe('no statement costs more because much mail waits', () => {
  test.each(Object.entries(SQL))('%s reads through no table', (name, sql) => {
    const scans = plan(sql).filter((step) => step.startsWith('SCAN'));
    expect(scans).toEqual(SCANS[name as keyof typeof SQL] ?? []);
  });

  test.each(Object.entries(SQL).filter(([name]) => name !== 'recipients'))(
    '%s sorts nothing',
    (_name, sql) => {
      expect(plan(sql).filter((step) => step.includes('TEMP B-TREE'))).toEqual([]);
    },
  );

  test('the next due delivery is the first entry of an index', () => {
    expect(plan(SQL.due)).toEqual([
      'SEARCH l USING PRIMARY KEY (destination=?)',
      'SEARCH d USING INDEX deliveries_due (destination=? AND priority=? AND due<?)',
      'SEARCH m USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH t USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH p USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN',
    ]);
  });

  test('destinations are summed up from indexes alone', () => {
    expect(plan(SQL.destinations).filter((step) => step.startsWith('SEARCH'))).toEqual([
      'SEARCH h USING PRIMARY KEY (name=?) LEFT-JOIN',
      'SEARCH l USING PRIMARY KEY (destination=?)',
      'SEARCH d USING COVERING INDEX deliveries_due (destination=? AND priority=? AND due<?)',
      'SEARCH l USING PRIMARY KEY (destination=?)',
      'SEARCH deliveries USING COVERING INDEX deliveries_due (destination=? AND priority=?)',
      'SEARCH deliveries USING COVERING INDEX deliveries_oldest (destination=?)',
    ]);
  });

  test('pages begin where the last one ended', () => {
    const first = (sql: string) => plan(sql)[0];
    expect([SQL.findByAge, SQL.findHeld, SQL.findByDestination, SQL.ages].map(first)).toEqual([
      'SEARCH d USING INDEX deliveries_age ((received,message,destination)>(?,?,?) AND received<?)',
      'SEARCH d USING INDEX deliveries_held ((received,message,destination)>(?,?,?) AND received<?)',
      'SEARCH d USING INDEX deliveries_oldest (destination=? AND (received,message)>(?,?) AND received<?)',
      'SEARCH d USING COVERING INDEX deliveries_oldest ((destination,received,message)>(?,?,?))',
    ]);
  });

  test('claims that ran out are found among claims', () => {
    expect(plan(SQL.releaseExpired)).toEqual(['SEARCH deliveries USING INDEX deliveries_until (until<?)']);
  });
});
