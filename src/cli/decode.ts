import { existsSync, readFileSync, statSync } from 'node:fs';
import { describeError, fromHex } from '../core/index.js';
import { FrameDecoder, fcs16 } from '../hdlc/index.js';
import {
  type Explanation,
  explain,
  OCTET_KINDS,
  type OctetKind,
  readTrace,
  recognise,
  type Sender,
} from '../observe/index.js';
import { describeTrace, traceFacts } from './describe-trace.js';
import { DONE, FAILED, WRONG_USAGE } from './exit-status.js';
import { toJson } from './json.js';
import { section } from './section.js';

export interface DecodeOptions {
  /** Absent: what it looks like. */
  readonly as?: OctetKind;
  /** Who sends it. */
  readonly from?: 'dte' | 'dce';
  /** Show the SMTP dialogue that a capture holds. */
  readonly text: boolean;
  readonly json: boolean;
}

export interface DecodeOutput {
  readonly write: (text: string) => void;
  /** A line of what is wrong. */
  readonly complain: (line: string) => void;
}

/** Larger captures are for Wireshark. */
const LARGEST_CAPTURE = 1024 * 1024 * 1024;

/** `x25mail decode`: explains octets, or a capture. @returns the exit status. */
export function runDecode(what: readonly string[], options: DecodeOptions, output: DecodeOutput): number {
  const [first = ''] = what;
  if (what.length === 1 && existsSync(first)) return decodeFile(first, options, output);
  return decodeHex(what, options, output);
}

// ---------------------------------------------------------------- hexadecimal

function decodeHex(
  what: readonly string[],
  options: DecodeOptions,
  { write, complain }: DecodeOutput,
): number {
  const messages = asMessages(what);
  const bad = messages.map((text) => ({ text, why: whyNotHex(text) })).find(({ why }) => why !== undefined);
  if (bad !== undefined) {
    const isFile = messages.length === 1 && /[^0-9a-f\s:]/i.test(bad.text);
    complain(`${bad.text}: ${isFile ? 'no such file, and no octets in hexadecimal: ' : ''}${bad.why}`);
    return WRONG_USAGE;
  }
  const decoded = messages.map((text) => decodeOne(fromHex(plain(text)) ?? new Uint8Array(0), options));
  if (options.json) write(`${toJson(decoded)}\n`);
  else for (const each of decoded) write(describeDecoded(each));
  const faults = decoded.flatMap(({ explanations }) => explanations).flatMap(({ fault }) => fault ?? []);
  for (const { octet, words } of faults) complain(`at octet ${octet}: ${words}`);
  return faults.length === 0 ? DONE : FAILED;
}

/** Each argument is a message; but octets that stand by themselves are one together. */
function asMessages(what: readonly string[]): readonly string[] {
  return what.every((text) => plain(text).length <= 2) ? [what.join(' ')] : what;
}

/** As Wireshark and others write it as well: `0x10:01`. */
function plain(text: string): string {
  return text.replaceAll(/0x|[\s:,]/gi, '');
}

function whyNotHex(text: string): string | undefined {
  const digits = plain(text);
  if (digits === '') return 'no octets';
  const bad = /[^0-9a-f]/i.exec(digits);
  if (bad !== null)
    return `found "${bad[0]}" in octet ${Math.floor(bad.index / 2) + 1}; allowed: hexadecimal digits`;
  return digits.length % 2 === 0 ? undefined : `octet ${Math.ceil(digits.length / 2)} has one digit only`;
}

interface Decoded {
  readonly octets: number;
  /** Absent: it is nothing that we know. */
  readonly kind?: OctetKind;
  /** What it was guessed from; absent when it was given. */
  readonly because?: string;
  readonly explanations: readonly Explanation[];
}

function decodeOne(given: Uint8Array, { as, from }: DecodeOptions): Decoded {
  const octets = withoutFcs(frameIn(given));
  const guess = as === undefined ? recognise(octets) : { kind: as, because: undefined };
  if (guess === undefined) {
    const words = `neither a frame, nor a packet, nor XOT: found ${octets[0]?.toString(16).padStart(2, '0')}; to take it for one, give --as ${OCTET_KINDS.join(', ')}`;
    return {
      octets: octets.length,
      explanations: [{ words: 'unknown octets', fields: [], fault: { octet: 1, words } }],
    };
  }
  return {
    octets: octets.length,
    kind: guess.kind,
    ...(guess.because !== undefined && { because: guess.because }),
    explanations: explain(octets, guess.kind, from ?? ('either' satisfies Sender)),
  };
}

const FLAG = 0x7e;

/** Between flags: as it passes on a start/stop line, with escapes and FCS. */
function frameIn(octets: Uint8Array): Uint8Array {
  if (octets.length < 2 || octets[0] !== FLAG || octets.at(-1) !== FLAG) return octets;
  let found: Uint8Array | undefined;
  const decoder = new FrameDecoder(
    { escapeXonXoff: false, fcs: '16', maxFrameOctets: octets.length },
    (frame) => {
      found ??= frame;
    },
  );
  decoder.push(octets);
  return found ?? octets;
}

const SHORTEST_WITH_FCS = 4;

/** A right FCS at the end of a frame is hardly there by chance. */
function withoutFcs(octets: Uint8Array): Uint8Array {
  const kind = recognise(octets)?.kind;
  if ((kind !== 'lapb' && kind !== 'lapb128') || octets.length < SHORTEST_WITH_FCS) return octets;
  const frame = octets.subarray(0, -2);
  const [low = 0, high = 0] = octets.subarray(-2);
  return fcs16(frame) === ((high << 8) | low) ? frame : octets;
}

const KIND_WORDS: Readonly<Record<OctetKind, string>> = {
  lapb: 'a LAPB frame of modulo 8, without FCS',
  lapb128: 'a LAPB frame of modulo 128, without FCS',
  x25: 'a packet',
  xot: 'XOT',
};

function describeDecoded({ octets, kind, because, explanations }: Decoded): string {
  const taken =
    kind === undefined
      ? ''
      : `Taken as ${KIND_WORDS[kind]}${because === undefined ? '' : `: it ${because}`}. `;
  return `${taken}${octets} octet${octets === 1 ? '' : 's'}.\n${explanations.map(describeExplanation).join('')}\n`;
}

function describeExplanation({ words, fields }: Explanation): string {
  if (fields.length === 0) return `${words}\n`;
  const rows = fields.map(({ octets: [from, to], name, value }) => [
    from === to ? `${from}` : `${from}-${to}`,
    name,
    value,
  ]);
  return section(words, rows);
}

// ---------------------------------------------------------------- captures

function decodeFile(path: string, options: DecodeOptions, { write, complain }: DecodeOutput): number {
  let octets: Uint8Array;
  try {
    const { size } = statSync(path);
    if (size > LARGEST_CAPTURE) {
      complain(
        `${path}: found ${size} octets; allowed: at most ${LARGEST_CAPTURE}. Take a part of it with editcap`,
      );
      return FAILED;
    }
    octets = readFileSync(path);
  } catch (error) {
    complain(`${path}: can't be read (${describeError(error)})`);
    return FAILED;
  }
  const trace = readTrace(octets);
  if (options.json) write(`${toJson(traceFacts(trace))}\n`);
  else write(describeTrace(trace, { text: options.text }));
  if (trace.fault === undefined) return DONE;
  complain(`${path}: at octet ${trace.fault.offset + 1}: ${trace.fault.message}`);
  return FAILED;
}
