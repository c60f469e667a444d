/**
 * The state tables of X.25 Annex C, printed as they stand there: a row for each kind of packet that may come, a
 * column for each state. State names are absolute (p2: the DTE asked, p3: the DCE asked), so the tables of a DTE
 * and a DCE are mirror images, except where the DTE has priority.
 */
export type Cell<State extends string> =
  /** The normal procedure, which ends in this state. */
  | { readonly do: 'normal'; readonly next: State }
  | { readonly do: 'discard' }
  /** The error procedure of this level (restart, clear, reset) with this diagnostic. */
  | { readonly do: 'error'; readonly diagnostic: number }
  /** Only a DIAGNOSTIC packet, which only a DCE sends; a DTE drops the packet. */
  | { readonly do: 'diagnose'; readonly diagnostic: number }
  /** Nothing to object to at this level: the table of the next level decides. */
  | { readonly do: 'nextLevel' };

export type StateTable<Row extends string, State extends string> = Readonly<
  Record<Row, Readonly<Record<State, Cell<State>>>>
>;

export const to = <State extends string>(next: State): Cell<State> => ({ do: 'normal', next });
export const error = (diagnostic: number): Cell<never> => ({ do: 'error', diagnostic });
export const diagnose = (diagnostic: number): Cell<never> => ({ do: 'diagnose', diagnostic });
export const discard: Cell<never> = { do: 'discard' };
export const nextLevel: Cell<never> = { do: 'nextLevel' };

/** A table from its rows; each has one cell for every state, in order. */
export function stateTable<const States extends readonly string[], Row extends string>(
  states: States,
  rows: Record<Row, { readonly [Index in keyof States]: Cell<States[number]> }>,
): StateTable<Row, States[number]> {
  const byState = (cells: readonly Cell<States[number]>[]): [string, Cell<States[number]> | undefined][] =>
    states.map((state, index) => [state, cells[index]]);
  return Object.fromEntries(
    Object.entries<readonly Cell<States[number]>[]>(rows).map(([row, cells]) => [
      row,
      Object.fromEntries(byState(cells)),
    ]),
  ) as StateTable<Row, States[number]>;
}
