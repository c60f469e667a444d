import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { proxyHeaderV1, proxyHeaderV2, readProxyHeader } from '../../src/proxy/index.js';
import { hex } from '../support/hex.js';

const CALL = { source: 'fd25::2624:5300:40f:fffb', destination: 'fd25::1', nua: '26245300040' };
const text = (line: string): Uint8Array => Buffer.from(line, 'latin1');
const SIGNATURE = '0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a';

describe('reading a PROXY header', () => {
  test('version 1 as we write it', () => {
    const header = proxyHeaderV1(CALL);
    expect(readProxyHeader(header)).toEqual({
      ok: true,
      value: { proxied: { type: 'client', address: CALL.source, port: 0 }, length: header.length },
    });
  });

  test('version 2 as we write it, with the number', () => {
    const header = proxyHeaderV2(CALL);
    expect(readProxyHeader(Buffer.concat([header, text('EHLO')]))).toEqual({
      ok: true,
      value: {
        proxied: { type: 'client', address: CALL.source, port: 0, nua: CALL.nua },
        length: header.length,
      },
    });
  });

  test.each<[string, Uint8Array, unknown]>([
    [
      'IPv4',
      text('PROXY TCP4 192.0.2.1 192.0.2.2 56324 25\r\n'),
      { type: 'client', address: '192.0.2.1', port: 56_324 },
    ],
    [
      'IPv4 in IPv6 clothes',
      text('PROXY TCP6 ::ffff:192.0.2.1 ::1 5 25\r\n'),
      { type: 'client', address: '192.0.2.1', port: 5 },
    ],
    ['UNKNOWN', text('PROXY UNKNOWN\r\n'), { type: 'itself' }],
    ['UNKNOWN with addresses', text('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'), { type: 'itself' }],
    [
      'version 2, IPv4',
      hex(`${SIGNATURE} 21 11 00 0c c0 00 02 01 c0 00 02 02 dc 04 00 19`),
      { type: 'client', address: '192.0.2.1', port: 56_324 },
    ],
    ['version 2, LOCAL', hex(`${SIGNATURE} 20 00 00 00`), { type: 'itself' }],
    ['version 2, a Unix socket', hex(`${SIGNATURE} 21 31 00 00`), { type: 'itself' }],
  ])('%s', (_, octets, proxied) => {
    expect(readProxyHeader(octets)).toEqual({ ok: true, value: { proxied, length: octets.length } });
  });

  test.each<[string, Uint8Array, string]>([
    ['a client that speaks SMTP', text('EHLO me\r\n'), 'no PROXY header'],
    ['a line without an end', text(`PROXY ${'x'.repeat(101)}`), 'PROXY line without an end'],
    ['no addresses', text('PROXY TCP4\r\n'), 'bad PROXY line'],
    ['an address of the other family', text('PROXY TCP4 ::1 ::1 1 2\r\n'), 'bad PROXY line'],
    ['a short form of an address', text('PROXY TCP4 127.1 127.1 1 2\r\n'), 'bad PROXY line'],
    ['a port that is none', text('PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n'), 'bad port in the PROXY line'],
    ['version 3', hex(`${SIGNATURE} 31 11 00 00`), 'unknown version of the PROXY protocol'],
    ['an unknown command', hex(`${SIGNATURE} 22 11 00 00`), 'unknown command in the PROXY header'],
    ['too little', hex(`${SIGNATURE} 21 21 00 04 01 02 03 04`), 'PROXY header without its addresses'],
    ['too much', hex(`${SIGNATURE} 21 21 ff ff`), 'PROXY header of 65535 octets'],
  ])('%s is refused', (_, octets, fault) => {
    expect(readProxyHeader(octets)).toEqual({ ok: false, fault });
  });

  test('a header in pieces is waited for', () => {
    for (const header of [proxyHeaderV1(CALL), proxyHeaderV2(CALL)])
      for (let length = 0; length < header.length; length++)
        expect(readProxyHeader(header.subarray(0, length))).toBeUndefined();
  });

  test('no octets make it throw, or wait for more than a header may have', () => {
    const begun = fc.constantFrom(hex(SIGNATURE), hex(`${SIGNATURE} 21 21`), text('PROXY TCP6 '), text(''));
    fc.assert(
      fc.property(begun, fc.uint8Array({ maxLength: 3000 }), (begin, rest) => {
        const octets = Buffer.concat([begin, rest]);
        if (octets.length > 2100) expect(readProxyHeader(octets)).toBeDefined();
        else readProxyHeader(octets);
      }),
    );
  });
});
