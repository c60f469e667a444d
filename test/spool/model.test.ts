import { test } from 'vitest';
import { runModel } from './support/model-run.js';

test('whatever is done to it, a spool is what the model says', { timeout: 60_000 }, () => runModel(20));
