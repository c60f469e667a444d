/**
 * Reads captures: pcapng (draft-ietf-opsawg-pcapng) of either byte order and any number of sections, and the older pcap.
 * Pure, over the octets of a whole file. Foreign octets never throw: what can't be read ends in a fault with its place.
 */

/** A packet as it stands in the file. */
export interface CapturedRecord {
  readonly interface: CaptureInterface;
  /** Milliseconds since 1970-01-01 UTC; 0 where the file does not say. */
  readonly wallTime: number;
  readonly direction: 'sent' | 'received' | undefined;
  readonly octets: Uint8Array;
  readonly comment: string | undefined;
  /** Where it begins in the file. */
  readonly offset: number;
}

export interface CaptureInterface {
  /** From the list of link-layer header types. */
  readonly linkType: number;
  readonly name: string | undefined;
  readonly description: string | undefined;
}

export interface CaptureFault {
  readonly offset: number;
  /** In words. */
  readonly message: string;
}

export type CaptureItem =
  | { readonly ok: true; readonly record: CapturedRecord }
  /** The last item. */
  | { readonly ok: false; readonly fault: CaptureFault };

/** Longer blocks are no packets of ours, and a length like that is more likely damage. */
const LONGEST_BLOCK = 16 * 1024 * 1024;

const BLOCK = {
  interfaceDescription: 1,
  oldPacket: 2,
  simplePacket: 3,
  enhancedPacket: 6,
  sectionHeader: 0x0a0d0d0a,
} as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** First four octets of a pcap file, read as big-endian. */
const PCAP_MAGIC: ReadonlyMap<number, { readonly little: boolean; readonly ticksPerSecond: number }> =
  new Map([
    [0xa1b2c3d4, { little: false, ticksPerSecond: 1e6 }],
    [0xd4c3b2a1, { little: true, ticksPerSecond: 1e6 }],
    [0xa1b23c4d, { little: false, ticksPerSecond: 1e9 }],
    [0x4d3cb2a1, { little: true, ticksPerSecond: 1e9 }],
  ]);

/** Whether octets begin as a capture does. */
export function isCapture(octets: Uint8Array): boolean {
  if (octets.length < 4) return false;
  const magic = viewOf(octets).getUint32(0);
  return magic === BLOCK.sectionHeader || PCAP_MAGIC.has(magic);
}

/** The packets of a capture, in the order of the file. */
export function* readCapture(octets: Uint8Array): Generator<CaptureItem, void> {
  if (!isCapture(octets)) {
    yield fault(0, 'neither pcapng nor pcap');
    return;
  }
  const pcap = PCAP_MAGIC.get(viewOf(octets).getUint32(0));
  yield* pcap === undefined ? readPcapng(octets) : readPcap(octets, pcap.little, pcap.ticksPerSecond);
}

function fault(offset: number, message: string): CaptureItem {
  return { ok: false, fault: { offset, message } };
}

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}

// ---------------------------------------------------------------- pcap

const PCAP_HEADER = 24;
const PCAP_RECORD_HEADER = 16;

/**
 *  0 | magic | 4 | version | 8 | zone, accuracy | 16 | snap length | 20 | link type |
 *  then for each packet: | seconds | fraction | octets captured | octets on the line | octets ...
 */
function* readPcap(
  octets: Uint8Array,
  little: boolean,
  ticksPerSecond: number,
): Generator<CaptureItem, void> {
  if (octets.length < PCAP_HEADER) {
    yield fault(octets.length, 'the header of the file is cut short');
    return;
  }
  const view = viewOf(octets);
  const of: CaptureInterface = {
    // The upper bits may tell of an FCS.
    linkType: view.getUint32(20, little) & 0xffff,
    name: undefined,
    description: undefined,
  };
  for (let at = PCAP_HEADER; at < octets.length; ) {
    const start = at + PCAP_RECORD_HEADER;
    const length = start <= octets.length ? view.getUint32(at + 8, little) : Number.POSITIVE_INFINITY;
    if (start + length > octets.length) {
      yield fault(at, 'the packet is cut short');
      return;
    }
    const seconds = view.getUint32(at, little) + view.getUint32(at + 4, little) / ticksPerSecond;
    yield {
      ok: true,
      record: {
        interface: of,
        wallTime: seconds * 1000,
        direction: undefined,
        octets: octets.subarray(start, start + length),
        comment: undefined,
        offset: at,
      },
    };
    at = start + length;
  }
}

// ---------------------------------------------------------------- pcapng

interface OpenInterface extends CaptureInterface {
  readonly ticksPerSecond: number;
  /** Seconds to add to each time stamp. */
  readonly timeOffset: number;
  readonly snapLength: number;
}

interface Section {
  readonly little: boolean;
  readonly interfaces: OpenInterface[];
}

interface Block {
  readonly type: number;
  /** Of the file; the body begins 8 octets later. */
  readonly offset: number;
  readonly body: Uint8Array;
}

const BLOCK_HEADER = 8;
const BLOCK_TRAILER = 4;
const SHORTEST_BLOCK = BLOCK_HEADER + BLOCK_TRAILER;

function* readPcapng(octets: Uint8Array): Generator<CaptureItem, void> {
  let section: Section = { little: true, interfaces: [] };
  for (let at = 0; at < octets.length; ) {
    const begun = sectionAt(octets, at);
    if (begun !== undefined) section = begun;
    const block = blockAt(octets, at, section.little);
    if (typeof block === 'string') {
      yield fault(at, block);
      return;
    }
    at += SHORTEST_BLOCK + block.body.length;
    const record =
      block.type === BLOCK.interfaceDescription ? addInterface(section, block) : packetOf(section, block);
    if (typeof record === 'string') {
      yield fault(block.offset, record);
      return;
    }
    if (record !== undefined) yield { ok: true, record };
  }
}

/** A section header says in which byte order all that follows is written. */
function sectionAt(octets: Uint8Array, at: number): Section | undefined {
  const view = viewOf(octets);
  if (at + 12 > octets.length || view.getUint32(at) !== BLOCK.sectionHeader) return undefined;
  return { little: view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC, interfaces: [] };
}

/** @returns in words why there is none. */
function blockAt(octets: Uint8Array, at: number, little: boolean): Block | string {
  const view = viewOf(octets);
  if (at + SHORTEST_BLOCK > octets.length) return 'the block is cut short';
  const type = view.getUint32(at, little);
  const length = view.getUint32(at + 4, little);
  if (length < SHORTEST_BLOCK || length % 4 !== 0 || length > LONGEST_BLOCK)
    return `found a block of ${length} octets; allowed: a multiple of 4 from ${SHORTEST_BLOCK} to ${LONGEST_BLOCK}`;
  if (at + length > octets.length) return 'the block is cut short';
  return { type, offset: at, body: octets.subarray(at + BLOCK_HEADER, at + length - BLOCK_TRAILER) };
}

const OPTION = {
  end: 0,
  comment: 1,
  name: 2,
  flags: 2,
  description: 3,
  resolution: 9,
  timeOffset: 14,
} as const;
const DIRECTIONS = [undefined, 'received', 'sent', undefined] as const;

/** @returns in words what is wrong with it. */
function addInterface({ little, interfaces }: Section, { body }: Block): string | undefined {
  if (body.length < 8) return 'the interface description is cut short';
  const options = optionsOf(body.subarray(8), little);
  const view = viewOf(body);
  const timeOffset = options.get(OPTION.timeOffset);
  interfaces.push({
    linkType: view.getUint16(0, little),
    snapLength: view.getUint32(4, little),
    name: textOf(options.get(OPTION.name)),
    description: textOf(options.get(OPTION.description)),
    ticksPerSecond: ticksPerSecond(options.get(OPTION.resolution)?.[0]),
    timeOffset: timeOffset?.length === 8 ? Number(viewOf(timeOffset).getBigInt64(0, little)) : 0,
  });
  return undefined;
}

/** if_tsresol: a power of ten, or with the highest bit of two; microseconds unless said. */
function ticksPerSecond(resolution = 6): number {
  return (resolution & 0x80) === 0 ? 10 ** resolution : 2 ** (resolution & 0x7f);
}

/** @returns in words what is wrong with it; undefined when the block is no packet. */
function packetOf(section: Section, block: Block): CapturedRecord | string | undefined {
  switch (block.type) {
    case BLOCK.enhancedPacket:
      return timedPacket(section, block, (view) => view.getUint32(0, section.little));
    case BLOCK.oldPacket:
      return timedPacket(section, block, (view) => view.getUint16(0, section.little));
    case BLOCK.simplePacket:
      return simplePacket(section, block);
    default:
      return undefined;
  }
}

/**
 *  0 | interface | 4 | time high | 8 | time low | 12 | octets captured | 16 | octets on the line | 20 | octets, options
 */
function timedPacket(
  { little, interfaces }: Section,
  { body, offset }: Block,
  interfaceId: (view: DataView) => number,
): CapturedRecord | string {
  if (body.length < 20) return 'the packet is cut short';
  const view = viewOf(body);
  const of = interfaces[interfaceId(view)];
  if (of === undefined)
    return `the packet is of interface ${interfaceId(view)}, which is not described before it`;
  const length = view.getUint32(12, little);
  if (20 + length > body.length) return `the packet says ${length} octets, its block has ${body.length - 20}`;
  const ticks = view.getUint32(4, little) * 2 ** 32 + view.getUint32(8, little);
  const options = optionsOf(body.subarray(20 + ((length + 3) & ~3)), little);
  const flags = options.get(OPTION.flags);
  return {
    interface: of,
    wallTime: (of.timeOffset + ticks / of.ticksPerSecond) * 1000,
    direction: flags?.length === 4 ? DIRECTIONS[viewOf(flags).getUint32(0, little) & 0b11] : undefined,
    octets: body.subarray(20, 20 + length),
    comment: textOf(options.get(OPTION.comment)),
    offset,
  };
}

/** Of the first interface, without time; cut at its snap length. */
function simplePacket(
  { little, interfaces: [of] }: Section,
  { body, offset }: Block,
): CapturedRecord | string {
  if (body.length < 4) return 'the packet is cut short';
  if (of === undefined) return 'the packet is of interface 0, which is not described before it';
  const original = viewOf(body).getUint32(0, little);
  const length = of.snapLength === 0 ? original : Math.min(original, of.snapLength);
  if (4 + length > body.length) return `the packet says ${length} octets, its block has ${body.length - 4}`;
  return {
    interface: of,
    wallTime: 0,
    direction: undefined,
    octets: body.subarray(4, 4 + length),
    comment: undefined,
    offset,
  };
}

/** The first option of each code. One that is cut short ends them. */
function optionsOf(octets: Uint8Array, little: boolean): ReadonlyMap<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  const view = viewOf(octets);
  for (let at = 0; at + 4 <= octets.length; ) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === OPTION.end || at + 4 + length > octets.length) break;
    if (!options.has(code)) options.set(code, octets.subarray(at + 4, at + 4 + length));
    at += 4 + ((length + 3) & ~3);
  }
  return options;
}

function textOf(octets: Uint8Array | undefined): string | undefined {
  return octets && new TextDecoder('utf-8', { ignoreBOM: true }).decode(octets);
}
