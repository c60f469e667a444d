let last = 0;

/** @returns `psdn0-17`: the link that carries the circuit and a number that no other circuit of the process has. */
export function nextCircuitId(link: string): string {
  return `${link}-${++last}`;
}
