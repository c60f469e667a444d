import { describe, expect, test } from 'vitest';
import { hex } from '../support/hex.js';
import { LayerEnd } from '../support/layer-end.js';
import { LayerPair } from '../support/layer-pair.js';

/** Two calls: one that is open, one that waits for our answer. */
function withCalls(role: 'dte' | 'dce' = 'dte'): LayerEnd {
  const end = LayerEnd.ready(role);
  end.receive(hex('10 05 0B 00 00'));
  end.accept();
  end.receive(hex('10 06 0B 00 00'));
  end.events.length = 0;
  return end;
}

describe('the link is reset', () => {
  test.each([
    ['dte', '00'],
    ['dce', '07'],
  ] as const)('%s: calls end with cause 09, and the layer restarts', (role, cause) => {
    const end = withCalls(role);
    end.layer.linkReset(0);
    expect(end.layer.isReady).toBe(false);
    expect(end.events).toEqual([
      '5 cleared by link 09/0',
      '6 cleared by link 09/0',
      'restarted by link 00/0',
    ]);
    expect(end.sent()).toEqual([`RESTART ${cause}/0`]);
    end.receive(hex('10 00 FF'));
    expect(end.events.at(-1)).toBe('ready');
    expect(end.layer.freeChannels).toBe(16);
  });

  test('a reset of a link that is not up means nothing', () => {
    const end = new LayerEnd('dte');
    end.layer.linkReset(0);
    expect(end.sent()).toEqual([]);
  });
});

describe('the link is down', () => {
  test('calls end with cause 09, and nothing is sent or runs', () => {
    const end = withCalls();
    end.layer.linkDown(0);
    expect(end.events).toEqual([
      '5 cleared by link 09/0',
      '6 cleared by link 09/0',
      'restarted by link 00/0',
    ]);
    expect(end.sent()).toEqual([]);
    expect(end.layer.nextDeadline()).toBeUndefined();
    end.layer.linkDown(0);
    expect(end.events).toHaveLength(3);
  });

  test('what waited to be sent is not sent when the link is up again', () => {
    const end = withCalls('dce');
    end.layer.receive(hex('10 11 0B 00 00'), 0);
    end.channel?.clear({ cause: 0, diagnostic: 0 }, 0);
    end.layer.linkDown(0);
    end.layer.linkUp(0);
    expect(end.sent()).toEqual(['RESTART 07/0']);
    const dte = withCalls();
    dte.layer.receive(hex('1F FF 13 00 00'), 0);
    dte.layer.linkReset(0);
    expect(dte.sent()).toEqual(['RESTART 00/0']);
  });

  test('a call that is being cleared ends as its user wanted it', () => {
    const end = withCalls();
    end.channel?.clear({ cause: 0, diagnostic: 241 }, 0);
    end.layer.linkDown(0);
    expect(end.events).toContain('6 cleared by us 00/241');
  });

  test('a call that the other end had cleared ends as that said', () => {
    const end = withCalls();
    end.layer.receive(hex('10 06 13 05 00'), 0);
    end.layer.linkDown(0);
    expect(end.events).toContain('6 cleared by peer 05/0');
  });

  test('users who answer by another call get none', () => {
    const end = LayerEnd.ready('dte');
    const again: unknown[] = [];
    const user = {
      ...end.user(() => undefined),
      cleared: () => again.push(end.layer.call({ called: '7', userData: hex('') }, user, 0)),
    };
    end.layer.call({ called: '7', userData: hex('') }, user, 0);
    end.layer.linkDown(0);
    expect(again).toEqual([undefined]);
  });
});

describe('restart', () => {
  test('of the other end clears all calls, each cause in the words of a clear', () => {
    for (const [restart, clear] of [
      ['00', '00'],
      ['01', '13'],
      ['03', '05'],
      ['07', '09'],
    ]) {
      const end = withCalls();
      expect(end.receive(hex(`10 00 FB ${restart} 34`))).toEqual(['RESTART-CONF']);
      expect(end.events).toEqual([
        `5 cleared by peer ${clear}/52`,
        `6 cleared by peer ${clear}/52`,
        `restarted by peer ${restart}/52`,
        'ready',
      ]);
    }
  });

  test('a DCE hears only causes that a DTE may say', () => {
    const end = withCalls('dce');
    end.receive(hex('10 00 FB 03 34'));
    expect(end.events).toContain('restarted by peer 00/52');
  });

  test('of our own clears all calls', () => {
    const end = withCalls();
    end.layer.restart(3, 162, 0);
    expect(end.sent()).toEqual(['RESTART 00/162']);
    expect(end.events).toEqual([
      '5 cleared by us 00/162',
      '6 cleared by us 00/162',
      'restarted by us 00/162',
    ]);
    end.receive(hex('10 00 FF'));
    expect(end.layer.isReady).toBe(true);
  });

  test('makes a clear confirmation an error again on channels used before', () => {
    const end = withCalls();
    end.receive(hex('10 00 FB 00 00'));
    expect(end.receive(hex('10 05 17'))).toEqual(['CLEAR 5 00/20']);
  });

  test('a call can be placed as soon as the user hears that all is ready', () => {
    const end = new LayerEnd('dte');
    end.layer.linkUp(0);
    end.sent();
    const { layer } = end;
    const ready = end.ready.bind(end);
    end.ready = (now) => {
      ready(now);
      end.call({}, now);
    };
    layer.receive(hex('10 00 FF'), 0);
    expect(end.sent()).toEqual(['CALL 16 700001']);
  });

  test('a call placed right after a confirmation of ours goes behind it', () => {
    const end = LayerEnd.ready('dte');
    const ready = end.ready.bind(end);
    end.ready = (now) => {
      ready(now);
      end.call({}, now);
    };
    expect(end.receive(hex('10 00 FB 00 00'))).toEqual(['RESTART-CONF', 'CALL 16 700001']);
  });
});

test('a call placed when another one ends may take its channel', () => {
  const end = LayerEnd.ready('dte', { channels: { twoWay: [1, 1] } });
  const user = {
    ...end.user(() => undefined),
    cleared: () => void end.call({ called: '2' }),
  };
  end.layer.call({ called: '1', userData: hex('') }, user, 0);
  end.sent();
  expect(end.receive(hex('10 01 13 01 00'))).toEqual(['CLEAR-CONF 1', 'CALL 1 2']);
});

test('a link that comes up again begins anew', () => {
  const pair = LayerPair.ready();
  pair.dce.accepts = true;
  pair.dte.call({}, pair.now);
  pair.run(1000);
  pair.dte.layer.linkDown(pair.now);
  pair.dce.layer.linkDown(pair.now);
  pair.run(1000);
  pair.take();
  pair.linkUp();
  pair.run(1000);
  expect(pair.take().map((line) => line.replace(/^\S+ /, ''))).toEqual([
    'dte RESTART 00/0',
    'dce RESTART 07/0',
    'dce -> ready',
    'dte -> ready',
  ]);
});
