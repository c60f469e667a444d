import { test } from 'vitest';
import { manyFaultyLinks } from '../support/layers-over-faulty-link.js';

const SEEDS = 20_000;

test(`two packet layers over faulty links, ${SEEDS} seeds`, () => manyFaultyLinks(SEEDS));
