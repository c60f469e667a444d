import { row, stackPair, transfer } from './support.js';

const BITS_PER_OCTET = 10;

/** Flag, address, control and FCS. */
const FRAME_OCTETS = { 8: 1 + 2 + 2, 128: 1 + 3 + 2 } as const;
/** Packet header of DATA; an RR packet is as long. */
const HEADER_OCTETS = { 8: 3, 128: 4 } as const;

type Modulo = 8 | 128;

interface Setting {
  readonly bitsPerSecond: number;
  readonly packetSize: number;
  readonly window: number;
  /** One way. */
  readonly delayMs: number;
  readonly bitErrorRate?: number;
}

const SPEEDS = [2_400, 9_600, 19_200, 64_000];
const SIZES = [128, 256, 512, 1024];
const WINDOWS = [2, 7, 127];
const DELAYS = [0, 50, 300, 600];
const ERROR_RATES = [1e-6, 1e-5];

/** The window allows it where it holds more than is on its way until the first acknowledgement is back. */
const MARGIN = 1.05;

/**
 * How much of a line carries DATA payload, in virtual time: from the first packet's arrival to the last's. The
 * window of frames is that of packets, but at least 7; above 7 both layers count modulo 128. Letters: nothing that framing has to escape.
 */
export async function benchLine(): Promise<void> {
  row('payload as a share of the ceiling', ...DELAYS.map((delay) => `${delay} ms delay`));
  let worst = { share: 1, text: '' };
  for (const bitsPerSecond of SPEEDS)
    for (const packetSize of SIZES)
      for (const window of WINDOWS) {
        const title = `  ${bitsPerSecond} bit/s, size ${packetSize}, window ${window}`;
        const columns = DELAYS.map((delayMs) => {
          const setting = { bitsPerSecond, packetSize, window, delayMs };
          const share = measured(setting) / ceilingOf(setting);
          if (windowAllowsIt(setting) && share < worst.share)
            worst = { share, text: `${title.trim()}, ${delayMs} ms` };
          return windowAllowsIt(setting) ? percent(share) : `(${percent(share)})`;
        });
        row(title, ...columns);
      }
  row('  in brackets: the window is too small for the delay');
  row(`  least where the window allows it: ${percent(worst.share)} ${worst.text}`);
  benchErrors();
}

/** Damaged bits, beside what going back to the damaged frame can reach at best. */
function benchErrors(): void {
  console.log();
  row('with bit errors, as a share of go-back-N', ...ERROR_RATES.map(String));
  for (const bitsPerSecond of [9_600, 64_000])
    for (const packetSize of SIZES)
      for (const delayMs of [0, 300]) {
        const settings = ERROR_RATES.map((bitErrorRate) => {
          return { bitsPerSecond, packetSize, window: delayMs === 0 ? 7 : 127, delayMs, bitErrorRate };
        });
        row(
          `  ${bitsPerSecond} bit/s, size ${packetSize}, ${delayMs} ms`,
          ...settings.map((setting) => percent(measured(setting) / goBackOf(setting))),
        );
      }
}

/** Payload bits per second of line, as a share of its bits per second. */
function measured(setting: Setting): number {
  const { bitsPerSecond, packetSize, window, delayMs, bitErrorRate = 0 } = setting;
  // Long enough for the beginning not to count, and for some dozens of errors.
  const octets = bitErrorRate === 0 ? 256 * packetSize + 128 * 1024 : Math.min(30 / bitErrorRate, 8e6);
  const pair = stackPair({
    modulo: moduloOf(window),
    packetSize,
    packetWindow: window,
    frameWindow: Math.max(window, 7),
    bitsPerSecond,
    delayMs,
    bitErrorRate,
  });
  const { firstAt, lastAt, packets } = transfer(pair, octets);
  // The first packet's own time on the line lies before its arrival.
  const payloadBits = ((octets * (packets - 1)) / packets) * 8;
  return payloadBits / ((lastAt - firstAt) / 1000) / bitsPerSecond;
}

/** Start and stop bits, one flag a frame, LAPB and packet header leave this much. */
function ceilingOf({ packetSize, window }: Setting): number {
  return ((8 / BITS_PER_OCTET) * packetSize) / octetsOf(packetSize, moduloOf(window));
}

function windowAllowsIt(setting: Setting): boolean {
  const { window, packetSize, delayMs } = setting;
  const modulo = moduloOf(window);
  // The acknowledgement that counts is that of the packet layer: an RR packet in a frame.
  const roundTrip = timeOf(octetsOf(packetSize, modulo) + octetsOf(0, modulo), setting) + 2 * delayMs;
  return window * timeOf(octetsOf(packetSize, modulo), setting) > MARGIN * roundTrip;
}

/**
 * A damaged frame costs itself, the next one (which shows that it is missing), what is sent until REJ is there, and on
 * average half a frame that is being sent then.
 */
function goBackOf(setting: Setting): number {
  const { packetSize, window, delayMs, bitErrorRate = 0 } = setting;
  const modulo = moduloOf(window);
  const octets = octetsOf(packetSize, modulo);
  const damaged = 1 - (1 - bitErrorRate) ** (octets * 8);
  const untilRej = timeOf(FRAME_OCTETS[modulo], setting) + 2 * delayMs;
  const lost = Math.min(2.5 + untilRej / timeOf(octets, setting), window);
  return (ceilingOf(setting) * (1 - damaged)) / (1 - damaged + damaged * lost);
}

function octetsOf(payload: number, modulo: Modulo): number {
  return FRAME_OCTETS[modulo] + HEADER_OCTETS[modulo] + payload;
}

function timeOf(octets: number, { bitsPerSecond }: Setting): number {
  return (1000 * octets * BITS_PER_OCTET) / bitsPerSecond;
}

function moduloOf(window: number): Modulo {
  return window > 7 ? 128 : 8;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
