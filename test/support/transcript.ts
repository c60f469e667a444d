import type { ClientDriver, ServerDriver } from './smtp-drivers.js';

/**
 * A dialogue as it is printed in RFC 5321: `C:` and `S:` lines, white space before them of no importance. Lines of one
 * side that follow each other are given as one piece. What is played returns what was really said, in the same form, so
 * that script and outcome can be compared line by line.
 */
export function transcript(script: string): string[] {
  return script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Gives the `C:` lines to a server that was not started yet, and returns them with its answers. */
export function playServer(server: ServerDriver, script: string, lineEnd = '\r\n'): string[] {
  server.start();
  return play(
    script,
    'C',
    (piece) => server.give(piece),
    () => server.said(),
    lineEnd,
  );
}

/** Gives the `S:` lines to a client that was not started yet, and returns them with what it says. */
export function playClient(client: ClientDriver, script: string, lineEnd = '\r\n'): string[] {
  client.start();
  return play(
    script,
    'S',
    (piece) => client.give(piece),
    () => client.said(),
    lineEnd,
  );
}

function play(
  script: string,
  ours: 'C' | 'S',
  give: (piece: string) => void,
  said: () => string,
  lineEnd: string,
): string[] {
  const theirs = ours === 'C' ? 'S' : 'C';
  const happened: string[] = [];
  const listen = (): void => {
    for (const line of said().split('\r\n').slice(0, -1)) happened.push(`${theirs}: ${line}`.trim());
  };
  let batch: string[] = [];
  const speak = (): void => {
    happened.push(...batch.map((line) => `${ours}: ${line}`.trim()));
    if (batch.length > 0) give(batch.map((line) => `${line}${lineEnd}`).join(''));
    batch = [];
    listen();
  };
  listen();
  for (const line of transcript(script)) {
    if (line.startsWith(`${ours}:`)) batch.push(line.slice(3));
    else if (batch.length > 0) speak();
  }
  speak();
  return happened;
}
