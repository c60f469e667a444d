import { describe, expect, test } from 'vitest';
import type { FileSystem } from '../../src/spool/bodies.js';
import { DiskRoom } from '../../src/spool/disk-room.js';

const GIB = 2 ** 30;

function disk(): { room: DiskRoom; state: { free: number; asked: number; now: number } } {
  const state = { free: 0, asked: 0, now: 0 };
  const statfs = async () => {
    state.asked++;
    return { bavail: state.free / 4096, bsize: 4096 };
  };
  const files = { statfs } as unknown as FileSystem;
  return { room: new DiskRoom(files, '/spool', () => state.now), state };
}

describe('the room on the disk', () => {
  test('is asked for every time where there is little', async () => {
    const { room, state } = disk();
    state.free = GIB;
    expect([await room.holds(4096), await room.holds(GIB), await room.holds(GIB + 1)]).toEqual([
      true,
      true,
      false,
    ]);
    state.free = 4096;
    expect([await room.holds(4096), await room.holds(4097), state.asked]).toEqual([true, false, 5]);
  });

  test('is asked for now and then where there is plenty', async () => {
    const { room, state } = disk();
    state.free = 8 * GIB;
    for (state.now = 0; state.now < 1000; state.now++) expect(await room.holds(4096)).toBe(true);
    expect(state.asked).toBe(10);
    state.free = 0;
    state.now += 100;
    expect(await room.holds(1)).toBe(false);
  });

  test('is asked for where a message would need most of what was found', async () => {
    const { room, state } = disk();
    state.free = 8 * GIB;
    await room.holds(0);
    state.free = GIB;
    expect([await room.holds(7 * GIB + 1), state.asked]).toEqual([false, 2]);
  });
});
