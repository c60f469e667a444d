import { type Placed, valuesIn } from './entries.js';
import type { KeyPath } from './locate.js';
import type { ProblemList } from './problem.js';
import { describeValue } from './read.js';
import { type HostAndPort, parseHostAndPort } from './schema/fields.js';
import { XOT_PORT } from './schema/xot.js';

/** Only one listener gets an address; the second would fail when the gateway starts. */
export function checkAddresses(problems: ProblemList): void {
  const earlier: Placed<HostAndPort>[] = [];
  for (const listener of listeners(problems)) {
    const other = earlier.find(({ value }) => collide(value, listener.value));
    if (other !== undefined)
      problems.refuse(
        listener.path,
        `found ${describeValue(problems.found(listener.path))}; allowed: another address than that of ${problems.describe(other.path)}`,
      );
    earlier.push(listener);
  }
}

/** As written: what can't be read is refused elsewhere. */
function listeners(problems: ProblemList): Placed<HostAndPort>[] {
  const addresses = ['smtp', 'submission'].flatMap((service) => {
    const entries = problems.found(['listen', service]);
    return (Array.isArray(entries) ? entries : []).map((entry: unknown, index) =>
      typeof entry === 'string' ? ['listen', service, index] : ['listen', service, index, 'address'],
    );
  });
  const xot = valuesIn('link', 'listen', problems).map(({ path }) => path);
  const bridges = valuesIn('bridge', 'listen', problems).map(({ path }) => path);
  return [
    ...addresses.flatMap((path) => addressAt(path, undefined, problems)),
    ...xot.flatMap((path) => addressAt(path, XOT_PORT, problems)),
    ...bridges.flatMap((path) => addressAt(path, undefined, problems)),
  ];
}

function addressAt(
  path: KeyPath,
  usualPort: number | undefined,
  problems: ProblemList,
): Placed<HostAndPort>[] {
  const text = problems.found(path);
  const value = typeof text === 'string' ? parseHostAndPort(text, usualPort) : undefined;
  return value === undefined ? [] : [{ path, value }];
}

/** Port 0 is another one each time. `::` takes IPv4 as well. */
function collide(one: HostAndPort, other: HostAndPort): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  return one.host.toLowerCase() === other.host.toLowerCase() || holds(one, other) || holds(other, one);
}

function holds({ host }: HostAndPort, other: HostAndPort): boolean {
  return host === '::' || (host === '0.0.0.0' && /^\d+(\.\d+){3}$/.test(other.host));
}
