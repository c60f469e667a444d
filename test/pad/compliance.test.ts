import { circuitsCompliance } from '../circuit/compliance.js';
import { padSite } from './pad-site.js';

circuitsCompliance('a PAD at 19 200 bit/s', () => {
  const { clock, pad, host } = padSite({ bitsPerSecond: 19_200 });
  clock.runFor(10_000); // the PAD is ready
  return { clock, a: pad, b: host };
}, ['reasons', 'acknowledgements', 'packets']);
