/**
 * PVC SETUP, a packet that only XOT has (RFC 1613 §6.5). There are no permanent circuits here, and RFC 1090 §11 wants
 * none for mail: whoever asks for one is told so.
 *   1, 2 | GFI and LCN, without a meaning   |
 *   3    | F5                               |
 *   4    | version: 81                      |
 *   5    | status                           |
 *   6    | N: length of initiator's name    |
 *   7, 8 | initiator's LCN                  |
 *   9    | M: length of responder's name    |
 *  10, 11| responder's LCN                  |
 *  12-15 | windows, packet sizes            |
 *  16 .. | N + M octets: both names         |
 */
const PVC_SETUP = 0xf5;
const VERSION = 0x81;
const AT = { type: 2, version: 3, status: 4, initiatorName: 5, responderName: 8, names: 15 } as const;

const STATUS = { waitingToConnect: 0x00, noSuchInterface: 0x13, protocolError: 0x1a } as const;

export function isPvcSetup(packet: Uint8Array): boolean {
  return packet[AT.type] === PVC_SETUP;
}

/**
 * The answer, which has the fields of the request: "no such destination interface", or "protocol error" where the
 * request is none. @returns undefined when too little came to be answered; closing the connection says no as well.
 */
export function refusePvcSetup(request: Uint8Array): Uint8Array | undefined {
  if (request.length < AT.names) return undefined;
  const answer = request.slice();
  answer[AT.status] = isWellFormed(request) ? STATUS.noSuchInterface : STATUS.protocolError;
  return answer;
}

function isWellFormed(request: Uint8Array): boolean {
  const length = AT.names + (request[AT.initiatorName] ?? 0) + (request[AT.responderName] ?? 0);
  return (
    request[AT.version] === VERSION &&
    request[AT.status] === STATUS.waitingToConnect &&
    request.length === length
  );
}
