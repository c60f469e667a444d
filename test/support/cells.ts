/** One cell of a state table as the reference prints it. */
export interface TableCell<State extends string> {
  readonly row: string;
  readonly state: State;
  /** `>p2` the normal procedure, `#21` the error procedure, `-` nothing, `!38` DIAGNOSTIC, `.` the next level. */
  readonly cell: string;
}

/** Reads a table: states in the first line, then a row each; columns are separated by two or more blanks. */
export function cells<State extends string>(table: string): TableCell<State>[] {
  const [head = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s{2,}/));
  return rows.flatMap(([row = '', ...columns]) =>
    columns.map((cell, index) => ({ row, state: head[index + 1] as State, cell })),
  );
}
