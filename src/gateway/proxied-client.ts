import { Alarm, type Clock, concat, HandedOverStream, type OctetStream } from '../core/index.js';
import { type Proxied, readProxyHeader } from '../proxy/index.js';

export type ProxiedClient =
  /** What comes on the stream is what the client says. */
  | { readonly ok: true; readonly stream: OctetStream; readonly proxied: Proxied }
  /** The connection is broken off. */
  | { readonly ok: false; readonly reason: string };

/** A proxy says at once who has connected; nothing else is to be said before (PROXY protocol §2). */
const HEADER_WITHIN_MS = 10_000;

/** Reads the header with which a proxy begins a connection. Never rejects. */
export function readProxied(below: OctetStream, clock: Clock): Promise<ProxiedClient> {
  return new Promise((resolve) => {
    const stream = new HandedOverStream(below, clock);
    let begun: Uint8Array | undefined = new Uint8Array();
    const fail = (reason: string): void => {
      if (begun === undefined) return;
      begun = undefined;
      alarm.set(undefined);
      below.abort('protocolError');
      resolve({ ok: false, reason });
    };
    const alarm = new Alarm(clock, () => fail('no PROXY header in time'));
    alarm.set(clock.now() + HEADER_WITHIN_MS);
    below.setReceiver({
      octets: (octets) => {
        if (begun === undefined) {
          stream.octets(octets);
          return;
        }
        begun = concat([begun, octets]);
        const header = readProxyHeader(begun);
        if (header === undefined) return;
        if (!header.ok) {
          fail(header.fault);
          return;
        }
        const { proxied, length } = header.value;
        const rest = begun.subarray(length);
        begun = undefined;
        alarm.set(undefined);
        below.consumed(length);
        if (rest.length > 0) stream.octets(rest);
        resolve({ ok: true, stream, proxied });
      },
      ready: () => stream.ready(),
      ended: (end) => {
        fail(`the connection ended before its PROXY header: ${end.reason}`);
        stream.ended(end);
      },
    });
  });
}
