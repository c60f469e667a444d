/** The ends of a bridge: what the end, the silence or the lack of room of one side means for the other. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Side } from '../../src/bridge/index.js';
import { settled } from '../support/scripted-stream.js';
import { ScriptedBridge } from './scripted-bridge.js';

const MINUTE = 60_000;
const SIDES: readonly Side[] = ['circuit', 'tcp'];
/** What no server takes for the end of a message. */
const INCOMPLETE = /^(?!.*[\r\n]\.[\r\n])half/s;

describe('a session that comes to its 221', () => {
  test('of a call that came in', async () => {
    const joined = new ScriptedBridge('circuit').inData();
    joined.client.say('the rest\r\n.\r\nQUIT\r\n');
    joined.server.say('250 taken\r\n');
    joined.server.say('221 bye\r\n');
    expect(joined.tcp.written).toBe('half of a message\r\nthe rest\r\n.\r\nQUIT\r\n');
    expect(joined.circuit.written).toBe('250 taken\r\n221 bye\r\n');
    expect(joined.circuit.events.slice(-2)).toEqual(['settled', 'farewellSent']);
    joined.tcp.end('closed by the other end');
    expect(joined.circuit.closed).toBe('open'); // the caller clears (RFC 1090 §9)
    joined.circuit.end('cleared by the other end');
    await settled();
    expect(joined.end).toEqual({
      inOrder: true,
      reason: '221 bye',
      messages: 1,
      encrypted: false,
      octets: { fromCircuit: 89, toCircuit: 112 },
      counts: { messagesAccepted: 1 },
    });
    expect(joined.accepted).toBe(1);
  });

  test('of a call of ours', async () => {
    const joined = new ScriptedBridge('tcp').inData();
    joined.client.say('the rest\r\n.\r\nQUIT\r\n');
    joined.server.say('250 taken\r\n');
    joined.server.say('221 bye\r\n');
    expect(joined.circuit.written).toBe('half of a message\r\nthe rest\r\n.\r\nQUIT\r\n');
    expect(joined.tcp.written).toBe('250 taken\r\n221 bye\r\n');
    expect(joined.tcp.closed).toBe('closed');
    await settled();
    expect(joined.end).toMatchObject({ inOrder: true, reason: '221 bye', messages: 1 });
  });

  test('and an MTA that does not end its connection: we do, when the circuit is gone', () => {
    const joined = new ScriptedBridge('circuit').greeted();
    joined.client.say('QUIT\r\n');
    joined.server.say('221 bye\r\n');
    expect(joined.tcp.closed).toBe('open');
    joined.circuit.end();
    expect(joined.tcp.closed).toBe('closed');
  });
});

describe('the server ends first', () => {
  test.each([
    ['in the middle of a message', (joined: ScriptedBridge) => joined.inData()],
    ['between commands', (joined: ScriptedBridge) => joined.greeted()],
    ['before its greeting', (joined: ScriptedBridge) => joined],
  ])('a circuit, %s: 421 with the reason', async (_, begin) => {
    const joined = begin(new ScriptedBridge('tcp'));
    joined.circuit.end('cleared by the network: network congestion (05/00)');
    expect(joined.tcp.written).toBe('421 4.4.2 cleared by the network: network congestion (05/00)\r\n');
    expect(joined.tcp.closed).toBe('closed');
    await settled();
    expect(joined.end).toMatchObject({
      inOrder: false,
      reason: 'cleared by the network: network congestion (05/00)',
      messages: 0,
    });
  });

  test('a call that fails: nothing was said before, whatever the client has said', () => {
    const joined = new ScriptedBridge('tcp');
    joined.client.say('EHLO early\r\n');
    expect(joined.circuit.written).toBe('');
    joined.circuit.end('cleared by the network: number busy (01/00)');
    expect(joined.tcp.take()).toBe('421 4.4.2 cleared by the network: number busy (01/00)\r\n');
  });

  test('half a reply is not passed on before the 421', () => {
    const joined = new ScriptedBridge('tcp').greeted();
    joined.client.say('HELP\r\n');
    joined.server.say('214-half\r\n214');
    joined.circuit.end('gone');
    expect(joined.tcp.written).toBe('421 4.4.2 gone\r\n');
  });

  test('what it had said is passed on first, when there is room', () => {
    const joined = new ScriptedBridge('tcp').inData();
    joined.client.hasRoom = false;
    joined.client.say('.\r\nRSET\r\n');
    joined.server.say('250 taken\r\n'); // takes the last room
    joined.server.say('250 reset\r\n');
    joined.circuit.end('gone');
    expect(joined.tcp.written).toBe('250 taken\r\n');
    joined.client.ready();
    expect(joined.tcp.written).toBe('250 taken\r\n250 reset\r\n421 4.4.2 gone\r\n');
    expect(joined.accepted).toBe(1);
  });

  test('an MTA: the circuit is cleared', async () => {
    const joined = new ScriptedBridge('circuit').inData();
    joined.tcp.end('read ECONNRESET');
    expect(joined.circuit.closed).toBe('protocolError');
    await settled();
    expect(joined.end).toMatchObject({ inOrder: false, reason: 'TCP connection: read ECONNRESET' });
  });

  test('an MTA with a 421: the caller has heard it, and clears', () => {
    const joined = new ScriptedBridge('circuit').greeted();
    joined.server.say('421 going down\r\n');
    joined.tcp.end('closed by the other end');
    expect(joined.circuit.take()).toBe('421 going down\r\n');
    expect(joined.circuit.closed).toBe('open');
    expect(joined.circuit.events.at(-1)).toBe('farewellSent');
  });
});

describe('the client ends first', () => {
  test.each(SIDES)('on %s, in the middle of a message: it does not look complete', async (side) => {
    const joined = new ScriptedBridge(side).inData();
    joined.client.end('gone');
    expect(joined.server.closed).toBe('protocolError');
    expect(joined.server.written).toMatch(INCOMPLETE);
    await settled();
    expect(joined.end).toMatchObject({ inOrder: false, messages: 0 });
  });

  test.each(SIDES)('on %s, with the end of its data still to be passed: the same', (side) => {
    const joined = new ScriptedBridge(side).inData();
    joined.server.hasRoom = false;
    joined.client.say('more\r\n'); // takes the last room
    joined.client.say('.\r\n');
    joined.client.end('gone');
    expect(joined.server.closed).toBe('protocolError');
    expect(joined.server.written).toMatch(INCOMPLETE);
  });

  test.each(SIDES)('on %s, in the middle of a chunk', (side) => {
    const joined = new ScriptedBridge(side).greeted();
    joined.client.say('BDAT 10 LAST\r\n123456789');
    joined.client.end('gone');
    expect(joined.server.closed).toBe('protocolError');
    expect(joined.server.written).toBe('BDAT 10 LAST\r\n123456789');
  });

  test('on TCP, after QUIT: the circuit waits for the 221', async () => {
    const joined = new ScriptedBridge('tcp').greeted();
    joined.client.say('QUIT\r\n');
    joined.client.end('gone');
    expect(joined.circuit.closed).toBe('open');
    joined.server.say('221 bye\r\n');
    expect(joined.circuit.events.at(-1)).toBe('farewellSeen');
    await settled();
    expect(joined.end).toMatchObject({ inOrder: true, reason: '221 bye' });
  });

  test('on a circuit, after QUIT: the connection is closed', () => {
    const joined = new ScriptedBridge('circuit').greeted();
    joined.client.say('QUIT\r\n');
    joined.client.end('cleared by the other end');
    expect(joined.tcp.closed).toBe('closed');
  });

  test('on TCP, without a farewell', () => {
    const joined = new ScriptedBridge('tcp').greeted();
    joined.client.end('gone');
    expect(joined.circuit.closed).toBe('protocolError');
  });
});

describe('a message that is refused for a line end', () => {
  test('from TCP: the circuit is cleared at once, the client may send on to the end and hears why', async () => {
    const joined = new ScriptedBridge('tcp').inData();
    joined.client.say('a\nb\r\n');
    expect(joined.circuit.closed).toBe('protocolError');
    expect(joined.tcp.closed).toBe('open');
    joined.client.say('c\r\n.\r\n');
    expect(joined.tcp.written).toBe(
      '554 5.6.0 Message refused: CR or LF alone in it\r\n421 4.3.0 Connection to the mail server broken off\r\n',
    );
    expect(joined.tcp.closed).toBe('closed');
    expect(joined.circuit.written).toMatch(INCOMPLETE);
    await settled();
    expect(joined.end).toMatchObject({
      inOrder: false,
      reason: 'CR or LF alone in a message',
      messages: 0,
      counts: { messagesBrokenOff: 1 },
    });
    expect(joined.tcp.unconsumed).toBe(0);
  });

  test('from a circuit: made CRLF unless the setting says otherwise', () => {
    const lenient = new ScriptedBridge('circuit').inData();
    lenient.client.say('a\nb\r\n.\r\n');
    expect(lenient.tcp.written).toBe('half of a message\r\na\r\nb\r\n.\r\n');
    const strict = new ScriptedBridge('circuit', {
      bareLineEnd: { circuit: 'refuse', tcp: 'refuse' },
    }).inData();
    strict.client.say('a\nb\r\n.\r\n');
    expect(strict.tcp.closed).toBe('protocolError');
    expect(strict.circuit.events.at(-1)).toBe('farewellSent');
    expect(strict.circuit.closed).toBe('open');
  });
});

describe('sequences', () => {
  test('a command, a batch, a reply, the end of data; data is not ended before', () => {
    const joined = new ScriptedBridge('tcp').inData();
    expect(joined.circuit.writes).toEqual([{ octets: 19, ended: false }]);
    joined.client.say(`${'x'.repeat(998)}\r\n`.repeat(20));
    joined.client.say('.\r\nMAIL FROM:<>\r\nRCPT TO:<c@y>\r\nDATA\r\n');
    expect(joined.circuit.writes.slice(1)).toEqual([
      { octets: 8192, ended: false },
      { octets: 8192, ended: false },
      { octets: 3616, ended: false },
      { octets: 3, ended: true },
      { octets: 35, ended: true },
    ]);
    expect(joined.tcp.writes).toEqual([]);
  });

  test('a chunk together with its command', () => {
    const joined = new ScriptedBridge('tcp').greeted();
    joined.client.say('BDAT 5\r\n12345BDAT 0 LAST\r\n');
    expect(joined.circuit.writes).toEqual([
      { octets: 8, ended: false },
      { octets: 5, ended: true },
      { octets: 13, ended: true },
    ]);
  });

  test('inside TLS each piece', () => {
    const joined = new ScriptedBridge('tcp').inTls();
    joined.client.say('12345');
    joined.server.say('123');
    expect([joined.circuit.writes, joined.tcp.writes]).toEqual([
      [{ octets: 5, ended: true }],
      [{ octets: 3, ended: true }],
    ]);
  });
});

describe('room', () => {
  test.each(SIDES)('a server that takes nothing holds up a client on %s, not its own replies', (side) => {
    const joined = new ScriptedBridge(side).inData();
    joined.server.hasRoom = false;
    joined.client.say('more\r\n');
    const before = joined.server.written;
    for (let i = 0; i < 10; i++) joined.client.say('even more\r\n');
    expect(joined.server.written).toBe(before);
    expect(joined.client.unconsumed).toBe(110);
    joined.server.say('421 enough\r\n');
    expect(joined.client.take()).toBe('421 enough\r\n');
  });

  test.each(SIDES)('a client on %s that takes nothing holds up everything', (side) => {
    const joined = new ScriptedBridge(side).greeted();
    joined.client.hasRoom = false;
    joined.client.say('RSET\r\nRSET\r\n');
    joined.server.say('250 one\r\n');
    joined.server.say('250 two\r\n');
    for (let i = 0; i < 10; i++) joined.client.say('XCLIENT x\r\n');
    expect(joined.client.written).toBe('250 one\r\n');
    expect(joined.client.unconsumed).toBe(110);
    joined.client.ready();
    expect(joined.client.written.split('\r\n')).toHaveLength(1 + 2 + 10);
    expect(joined.client.unconsumed).toBe(0);
  });

  test('data goes out in pieces, so that a lack of room is noticed soon', () => {
    const joined = new ScriptedBridge('tcp').inData();
    joined.circuit.hasRoom = false;
    joined.client.say('x'.repeat(60_000));
    expect(joined.circuit.writes.at(-1)).toEqual({ octets: 8192, ended: false });
    expect(joined.tcp.unconsumed).toBe(60_000 - 8192);
  });

  test('replies outstanding are bounded', () => {
    const joined = new ScriptedBridge('circuit').greeted();
    joined.client.say('RSET\r\n'.repeat(1500));
    expect(joined.tcp.written.length).toBe(6000);
    joined.server.say('250 ok\r\n'.repeat(1000));
    expect(joined.tcp.written.length).toBe(9000);
  });
});

describe('silence', () => {
  test('of an MTA that owes a reply: 421 to the caller after ten minutes', async () => {
    const joined = new ScriptedBridge('circuit').greeted();
    joined.client.say('NOOP\r\n');
    joined.clock.runFor(10 * MINUTE - 1);
    expect(joined.circuit.written).toBe('');
    joined.clock.runFor(1);
    expect(joined.circuit.written).toBe('421 4.4.2 Silence for too long\r\n');
    expect(joined.circuit.events.at(-1)).toBe('farewellSent');
    expect(joined.tcp.closed).toBe('timeout');
    joined.circuit.end();
    await settled();
    expect(joined.end).toMatchObject({ inOrder: false, reason: 'silence of the TCP side for too long' });
  });

  test('of an MTA that sends something now and then', () => {
    const joined = new ScriptedBridge('circuit').greeted();
    joined.client.say('HELP\r\n');
    for (let i = 0; i < 5; i++) {
      joined.clock.runFor(9 * MINUTE);
      joined.server.say('214-x\r\n');
    }
    expect(joined.tcp.closed).toBe('open');
  });

  test('of a client on TCP whose turn it is', () => {
    const joined = new ScriptedBridge('tcp', { silenceMs: 5 * MINUTE }).inData();
    joined.clock.runFor(5 * MINUTE);
    expect(joined.tcp.written).toBe('421 4.4.2 Silence for too long\r\n');
    expect(joined.tcp.closed).toBe('closed');
    expect(joined.circuit.closed).toBe('timeout');
    expect(joined.circuit.written).toMatch(INCOMPLETE);
  });

  test('of the circuit is the business of RFC 1090', () => {
    const incoming = new ScriptedBridge('circuit').inData();
    const outgoing = new ScriptedBridge('tcp').greeted();
    outgoing.client.say('NOOP\r\n');
    for (const joined of [incoming, outgoing]) {
      expect(joined.circuit.events.at(-1)).toBe('awaiting');
      joined.clock.runFor(600 * MINUTE);
      expect(joined.circuit.closed).toBe('open');
    }
  });

  test('of an MTA that takes no octets is its own, though the caller owes the data', () => {
    const joined = new ScriptedBridge('circuit').inData();
    joined.tcp.hasRoom = false;
    joined.client.say('more\r\n');
    expect(joined.circuit.events.at(-1)).toBe('settled');
    joined.clock.runFor(10 * MINUTE);
    expect(joined.tcp.closed).toBe('timeout');
  });

  test('inside TLS of both', async () => {
    const joined = new ScriptedBridge('circuit').inTls();
    expect(joined.circuit.events.at(-1)).toBe('settled');
    for (const end of [joined.client, joined.server, joined.client]) {
      joined.clock.runFor(9 * MINUTE);
      end.say('x');
    }
    joined.clock.runFor(10 * MINUTE);
    expect([joined.circuit.closed, joined.tcp.closed]).toEqual(['timeout', 'timeout']);
    await settled();
    expect(joined.end).toMatchObject({ inOrder: false, encrypted: true, reason: 'silence for too long' });
    expect(joined.clock.next()).toBeUndefined();
  });
});

describe('the gateway stops', () => {
  test.each(SIDES)('between transactions of a client on %s: 421 at once', (side) => {
    const joined = new ScriptedBridge(side).greeted();
    joined.bridge.stop();
    expect(joined.client.written).toBe('421 4.3.2 Gateway shutting down\r\n');
    expect(joined.server.closed).toBe('shuttingDown');
  });

  test('in the middle of a message: when it is answered', () => {
    const joined = new ScriptedBridge('circuit').inData();
    joined.bridge.stop();
    joined.client.say('rest\r\n.\r\n');
    expect(joined.client.written).toBe('');
    joined.server.say('250 taken\r\n');
    expect(joined.client.written).toBe('250 taken\r\n421 4.3.2 Gateway shutting down\r\n');
    expect(joined.accepted).toBe(1);
  });

  test('a transaction that was refused or given up holds up nothing', () => {
    const refused = new ScriptedBridge('circuit').greeted();
    refused.client.say('MAIL FROM:<a@x>\r\n');
    refused.bridge.stop();
    refused.server.say('550 no\r\n');
    expect(refused.client.written).toContain('421 4.3.2');
    const reset = new ScriptedBridge('circuit').greeted();
    reset.client.say('MAIL FROM:<a@x>\r\n');
    reset.server.say('250 ok\r\n');
    reset.bridge.stop();
    expect(reset.client.take()).toBe('250 ok\r\n');
    reset.client.say('RSET\r\n');
    reset.server.say('250 ok\r\n');
    expect(reset.client.take()).toContain('421 4.3.2');
  });

  test('a call on its way', () => {
    const joined = new ScriptedBridge('tcp');
    joined.bridge.stop();
    expect(joined.tcp.written).toBe('421 4.3.2 Gateway shutting down\r\n');
    expect(joined.circuit.closed).toBe('shuttingDown');
  });

  test('at once', async () => {
    const joined = new ScriptedBridge('circuit').inTls();
    joined.bridge.stop();
    expect(joined.circuit.closed).toBe('open');
    joined.bridge.abort('shuttingDown');
    expect([joined.circuit.closed, joined.tcp.closed]).toEqual(['shuttingDown', 'shuttingDown']);
    await settled();
    expect(joined.end).toMatchObject({ inOrder: false, reason: 'broken off by us (shuttingDown)' });
  });
});

describe('inside TLS', () => {
  test('an MTA that closes in order may have said 221: the caller clears', async () => {
    const joined = new ScriptedBridge('circuit').inTls();
    joined.server.say('221 under cover');
    joined.tcp.end('closed by the other end', true);
    expect(joined.circuit.events.at(-1)).toBe('farewellSent');
    expect(joined.circuit.closed).toBe('open');
    joined.circuit.end();
    await settled();
    expect(joined.end).toMatchObject({ inOrder: true, encrypted: true });
  });

  test('a client on TCP that closes in order has read it: we clear', () => {
    const joined = new ScriptedBridge('tcp').inTls();
    joined.tcp.end('closed by the other end', true);
    expect(joined.circuit.closed).toBe('closed');
  });

  test.each(SIDES)('anything else on %s breaks the other side off', (side) => {
    for (const end of ['client', 'server'] as const) {
      const joined = new ScriptedBridge(side).inTls();
      const other = end === 'client' ? joined.server : joined.client;
      joined[end].end('read ECONNRESET');
      expect(other.closed).toBe('protocolError');
      expect(other.written).toBe('');
    }
  });
});

test('whatever is said, all is consumed once, and both ends come to an end', async () => {
  const said = fc.oneof(
    fc.constantFrom(
      '220 x\r\n',
      '250 ok\r\n',
      '354 go\r\n',
      '421 x\r\n',
      '334 x\r\n',
      '550 no\r\n',
      '250-CHUNKING\r\n',
    ),
    fc.constantFrom(
      'EHLO a\r\n',
      'MAIL FROM:<>\r\n',
      'DATA\r\n',
      '.\r\n',
      'BDAT 3\r\n',
      'QUIT\r\n',
      'ATRN\r\n',
      'x\n',
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 20 }),
  );
  const steps = fc.array(fc.record({ side: fc.constantFrom(...SIDES), what: said, room: fc.boolean() }), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...SIDES),
      steps,
      fc.constantFrom(...SIDES),
      async (client, script, last) => {
        const joined = new ScriptedBridge(client);
        for (const { side, what, room } of script) {
          joined[side].hasRoom = room;
          joined[side].say(what);
        }
        for (const side of SIDES) joined[side].ready();
        expect(Math.min(joined.circuit.unconsumed, joined.tcp.unconsumed)).toBeGreaterThanOrEqual(0);
        joined[last].end();
        joined.clock.runFor(MINUTE);
        for (const side of SIDES) joined[side].end();
        await settled();
        expect(joined.end).toBeDefined();
        expect(joined.clock.next()).toBeUndefined();
      },
    ),
    { numRuns: 100 },
  );
});
