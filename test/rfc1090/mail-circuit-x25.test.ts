import { stackPair } from '../circuit/stack-pair.js';
import { mailCircuitSuite } from './mail-circuit-suite.js';

mailCircuitSuite('X.25 at 64 000 bit/s', () => stackPair());
