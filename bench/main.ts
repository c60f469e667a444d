/**
 * `npm run bench`: what the stacks and gateways do on this machine. `npm run bench -- stacks line` runs some only.
 * Figures of one machine and one moment: compare those of one run.
 */
import { benchCircuits } from './circuits.js';
import { benchGateways } from './gateways.js';
import { benchLine } from './line-utilisation.js';
import { benchRelay } from './relay.js';
import { benchSmtp } from './smtp.js';
import { benchSpool } from './spool.js';
import { benchStacks } from './stacks.js';
import { benchXot } from './xot.js';

const BENCHES: Record<string, () => Promise<void>> = {
  stacks: benchStacks,
  circuits: benchCircuits,
  line: benchLine,
  gateways: benchGateways,
  spool: benchSpool,
  xot: benchXot,
  smtp: benchSmtp,
  relay: benchRelay,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`bench: unknown: ${unknown.join(', ')}. There are: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
console.log(`node ${process.version} on ${process.platform} ${process.arch}`);
for (const [name, bench] of Object.entries(BENCHES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n${name}`);
  await bench();
}
