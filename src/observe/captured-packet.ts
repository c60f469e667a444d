/** What stands in a record of a capture: a frame or a packet, with its direction, for the link types that carry X.25. */
import type { TraceEvent } from '../circuit/index.js';
import type { Modulo, Role } from '../lapb/index.js';
import { MODULO_128_FRAMES } from './capture.js';
import type { CapturedRecord } from './capture-reader.js';
import { LINKTYPE_WIRESHARK_UPPER_PDU, readExportedPdu } from './exported-pdu.js';

/** One frame or packet of a capture. */
export interface CapturedPacket {
  readonly layer: TraceEvent['layer'];
  readonly direction: TraceEvent['direction'];
  /** Ours; undefined when the capture does not say. */
  readonly role: Role | undefined;
  /** Of its frames, when the capture says. */
  readonly frameModulo: Modulo | undefined;
  readonly octets: Uint8Array;
}

/** LAPB behind an octet that is 0 for what was received. */
const LINKTYPE_LAPB_WITH_DIR = 207;

/** @returns undefined when the record is no frame or packet of X.25. */
export function capturedPacket(record: CapturedRecord): CapturedPacket | undefined {
  switch (record.interface.linkType) {
    case LINKTYPE_WIRESHARK_UPPER_PDU:
      return fromExportedPdu(record);
    case LINKTYPE_LAPB_WITH_DIR:
      return fromLapb(record);
    default:
      return undefined;
  }
}

const OTHER_ROLE = { dte: 'dce', dce: 'dte' } as const;

function fromExportedPdu(record: CapturedRecord): CapturedPacket | undefined {
  const pdu = readExportedPdu(record.octets);
  if (pdu === undefined) return undefined;
  const { dissector, sender, octets } = pdu;
  const isModulo128 = record.interface.description?.includes(MODULO_128_FRAMES) === true;
  const layer = layerOf(dissector, isModulo128);
  if (layer === undefined) return undefined;
  // Without a direction we take the side of the DTE.
  const direction = record.direction ?? (sender === 'dce' ? 'received' : 'sent');
  return {
    layer,
    direction,
    role: sender && (direction === 'sent' ? sender : OTHER_ROLE[sender]),
    frameModulo: isModulo128 ? 128 : undefined,
    octets,
  };
}

function layerOf(dissector: string, isModulo128: boolean): TraceEvent['layer'] | undefined {
  switch (dissector) {
    case 'lapb':
      return 'frame';
    case 'x.25':
    case 'x.25_dir':
      return 'packet';
    case 'data':
      return isModulo128 ? 'frame' : undefined;
    default:
      return undefined;
  }
}

function fromLapb({ octets }: CapturedRecord): CapturedPacket | undefined {
  const [direction] = octets;
  if (direction === undefined) return undefined;
  return {
    layer: 'frame',
    direction: direction === 0 ? 'received' : 'sent',
    role: undefined,
    frameModulo: undefined,
    octets: octets.subarray(1),
  };
}
