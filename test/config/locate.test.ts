import { describe, expect, test } from 'vitest';
import { lineFinder } from '../../src/config/locate.js';

const lineOf = lineFinder(`# a comment = not a key
[gateway]
hostname = "a"   # 3

[[link]]         # 5
name = "one"
[link.packet]    # 7
window = 2
channels = { two_way = "1-16" }
[[link]]         # 10
name = "two"
packet.window = 3
[link.lapb]
"t1" = "3s"
[[link.port]]    # 15
x = 1
[[link.port]]
x = 2
[queue]
retry = [        # 20
  "1m",
  "5m",
]
`);

describe('a line', () => {
  test.each<[(string | number)[], number | undefined]>([
    [['gateway'], 2],
    [['gateway', 'hostname'], 3],
    [['gateway', 'spool'], 2], // not there: its table
    [['link'], 5],
    [['link', 0], 5],
    [['link', 0, 'packet'], 7],
    [['link', 0, 'packet', 'window'], 8],
    [['link', 0, 'packet', 'channels', 'two_way'], 9], // inside an inline table: the line of its key
    [['link', 0, 'path'], 5],
    [['link', 1, 'name'], 11],
    [['link', 1, 'packet', 'window'], 12],
    [['link', 1, 'lapb', 't1'], 14],
    [['link', 1, 'port', 0, 'x'], 16],
    [['link', 1, 'port', 1, 'x'], 18],
    [['queue', 'retry', 1], 20],
    [['log', 'level'], undefined],
    [[], undefined],
  ])('of %j is %s', (path, line) => {
    expect(lineOf(path)).toBe(line);
  });
});
