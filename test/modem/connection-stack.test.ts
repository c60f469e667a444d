import { expect, test } from 'vitest';
import { stackOptionsFor } from '../../src/modem/connection-stack.js';
import { stackOptions } from './modem-pair.js';

const RULES = { answerRole: 'dce', adaptsT1: false } as const;

test('an answered connection has both roles exchanged, and channels taken from the other end', () => {
  const { lapb, packet } = stackOptionsFor(stackOptions('a'), { direction: 'answered' }, RULES);
  expect([lapb.role, packet.role, packet.assign]).toEqual(['dce', 'dce', 'lowest']);
});

test('a role of the packet layer that is left open stays so', () => {
  const dialled = stackOptions('a');
  const open = { ...dialled, packet: { ...dialled.packet, role: 'auto', assign: 'auto' } } as const;
  const { lapb, packet } = stackOptionsFor(open, { direction: 'answered' }, RULES);
  expect([lapb.role, packet.role, packet.assign]).toEqual(['dce', 'auto', 'auto']);
});
