import { expect, test } from 'vitest';
import { LayerPair } from '../support/layer-pair.js';

test('a call, data both ways, and a clear', () => {
  const pair = new LayerPair();
  pair.linkUp();
  pair.run(1000);
  expect(pair.take()).toEqual([
    '0 dte RESTART 00/0',
    '0 dce RESTART 07/0',
    '10 dce -> ready',
    '10 dte -> ready',
  ]);
  pair.dce.accepts = true;
  const channel = pair.dte.call();
  pair.run(1000);
  channel?.send({ octets: new Uint8Array(300), more: false }, pair.now);
  pair.run(1000);
  channel?.clear({ cause: 0, diagnostic: 241 }, pair.now);
  pair.run(1000);
  expect(pair.take()).toEqual([
    '1000 dte CALL 16 700001',
    '1010 dce -> 16 call to 700001',
    '1010 dce -> 16 connected 128:128/2:2',
    '1010 dce ACCEPT 16',
    '1020 dte -> 16 connected 128:128/2:2',
    '2000 dte DATA 16 s0 r0 M 128',
    '2000 dte DATA 16 s1 r0 M 128',
    '2010 dce -> 16 data 128 M',
    '2010 dce RR 16 r1',
    '2010 dce -> 16 data 128 M',
    '2010 dce RR 16 r2',
    '2020 dte -> 16 delivered 128',
    '2020 dte DATA 16 s2 r0 44',
    '2020 dte -> 16 delivered 128',
    '2030 dce -> 16 data 44',
    '2030 dce RR 16 r3',
    '2040 dte -> 16 delivered 44',
    '3000 dte CLEAR 16 00/241',
    '3010 dce -> 16 cleared by peer 00/241',
    '3010 dce CLEAR-CONF 16',
    '3020 dte -> 16 cleared by us 00/241',
  ]);
  expect(pair.dte.layer.counters.snapshot()).toMatchObject({
    packetsSent: 6,
    packetsReceived: 6,
    dataSent: 3,
    dataReceived: 0,
    callsSent: 1,
    clearsSent: 1,
    restartsSent: 1,
    restartsReceived: 1,
  });
  expect(pair.dce.layer.counters.snapshot()).toMatchObject({
    packetsSent: 6,
    packetsReceived: 6,
    dataReceived: 3,
    callsReceived: 1,
    clearsReceived: 1,
  });
});
