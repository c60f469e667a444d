import { allocate, type Decoded, decoded, fault } from '../core/index.js';
import type { Modulo, Role } from './parameters.js';

/**
 * Frames of a single link (X.25 §2.3, ISO 7776), without FCS.
 *
 *             8   7   6   5   4   3   2   1
 *  address |  0   0   0   0   0   0  A/B  1 |   A 03 names the DTE, B 01 the DCE
 *
 *  Control field, modulo 8
 *  I       |    N(R)   | P |    N(S)    | 0 |   information ...
 *  S       |    N(R)   |P/F| type  | 0    1 |   RR 00, RNR 01, REJ 10
 *  U       |  type     |P/F| type  | 1    1 |   FRMR: information of 3 octets
 *
 *  Control field, modulo 128: two octets, but for U frames, which are as above
 *  I       |           N(S)             | 0 |
 *          |           N(R)             | P |   information ...
 *  S       |  0   0   0   0 | type  | 0   1 |
 *          |           N(R)             |P/F|
 *  U                                            FRMR: information of 5 octets
 */
export type LapbFrame = InformationFrame | SupervisoryFrame | UnnumberedFrame;

export interface InformationFrame {
  readonly type: 'I';
  /** Always: there is no I response. */
  readonly isCommand: true;
  readonly ns: number;
  readonly nr: number;
  readonly pollFinal: boolean;
  readonly information: Uint8Array;
}

export interface SupervisoryFrame {
  readonly type: SupervisoryType;
  readonly isCommand: boolean;
  readonly nr: number;
  readonly pollFinal: boolean;
}

export interface UnnumberedFrame {
  readonly type: UnnumberedCommand | UnnumberedResponse;
  readonly isCommand: boolean;
  readonly pollFinal: boolean;
  /** FRMR only: its information field as it came. */
  readonly information?: Uint8Array;
}

export type SupervisoryType = 'RR' | 'RNR' | 'REJ';
/** SABM sets up a link of modulo 8, SABME one of modulo 128; an end knows both, to refuse the other by DM. */
export type UnnumberedCommand = 'SABM' | 'SABME' | 'DISC';
export type UnnumberedResponse = 'UA' | 'DM' | 'FRMR';

/** Why octets are no frame for us. The last two are rejection conditions (X.25 §2.3.5.4), the others are dropped. */
export type LapbFrameFault =
  | 'truncated'
  /** Neither A nor B. */
  | 'unknownAddress'
  /** A command that came as a response, or a response as a command. */
  | 'wrongAddress'
  /** W */
  | 'undefinedControl'
  /** W and X */
  | 'informationNotPermitted';

/** Address, and the control field of I and S frames. */
export const NUMBERED_HEADER_OCTETS = { 8: 2, 128: 3 } as const satisfies Record<Modulo, number>;
const UNNUMBERED_HEADER_OCTETS = 2;
/** P or F: in the control field of modulo 8 and of U frames, and in the second octet of modulo 128. */
const POLL_FINAL = 0x10;
const EXTENDED_POLL_FINAL = 0x01;

const ADDRESS_A = 0x03;
const ADDRESS_B = 0x01;
/** The address of each station: in commands it receives, and in responses it sends. */
const ADDRESS_OF = { dte: ADDRESS_A, dce: ADDRESS_B } as const satisfies Record<Role, number>;

const SUPERVISORY: Readonly<Record<SupervisoryType, number>> = { RR: 0x01, RNR: 0x05, REJ: 0x09 };
const COMMANDS: Readonly<Record<UnnumberedCommand, number>> = { SABM: 0x2f, SABME: 0x6f, DISC: 0x43 };
const RESPONSES: Readonly<Record<UnnumberedResponse, number>> = { UA: 0x63, DM: 0x0f, FRMR: 0x87 };
const UNNUMBERED = { ...COMMANDS, ...RESPONSES };

const SUPERVISORY_BY_CODE = byCode(SUPERVISORY);
const UNNUMBERED_BY_CODE = byCode(UNNUMBERED);

function byCode<Name extends string>(codes: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  return new Map(Object.entries(codes).map(([name, code]) => [code as number, name as Name]));
}

/** @param sender the role of the end that sends the frame. */
export function encodeLapbFrame(frame: LapbFrame, sender: Role, modulo: Modulo): Uint8Array {
  const isNumbered = 'nr' in frame;
  const header = isNumbered ? NUMBERED_HEADER_OCTETS[modulo] : UNNUMBERED_HEADER_OCTETS;
  const information = 'information' in frame ? frame.information : undefined;
  const octets = allocate(header + (information?.length ?? 0));
  octets[0] = addressOf(sender, frame.isCommand);
  if (!isNumbered) octets[1] = UNNUMBERED[frame.type] | (frame.pollFinal ? POLL_FINAL : 0);
  else {
    const first = frame.type === 'I' ? frame.ns << 1 : SUPERVISORY[frame.type];
    if (modulo === 8) octets[1] = (frame.nr << 5) | (frame.pollFinal ? POLL_FINAL : 0) | first;
    else {
      octets[1] = first;
      octets[2] = (frame.nr << 1) | (frame.pollFinal ? EXTENDED_POLL_FINAL : 0);
    }
  }
  if (information !== undefined) octets.set(information, header);
  return octets;
}

/** A command names the station it is meant for, a response the one it comes from. */
function addressOf(sender: Role, isCommand: boolean): number {
  return ADDRESS_OF[isCommand ? peerOf(sender) : sender];
}

function peerOf(role: Role): Role {
  return role === 'dte' ? 'dce' : 'dte';
}

/** @param receiver the role of the end that has received the octets. */
export function decodeLapbFrame(
  octets: Uint8Array,
  receiver: Role,
  modulo: Modulo,
): Decoded<LapbFrame, LapbFrameFault> {
  const [address, control] = octets;
  if (address === undefined || control === undefined) return fault('truncated');
  if (address !== ADDRESS_A && address !== ADDRESS_B) return fault('unknownAddress');
  const isCommand = isCommandTo(receiver, address);
  return isNumbered(control)
    ? decodeNumbered(octets, control, isCommand, modulo)
    : decodeUnnumbered(octets, control, isCommand);
}

/** I and S frames. */
function decodeNumbered(
  octets: Uint8Array,
  control: number,
  isCommand: boolean,
  modulo: Modulo,
): Decoded<InformationFrame | SupervisoryFrame, LapbFrameFault> {
  const header = NUMBERED_HEADER_OCTETS[modulo];
  if (octets.length < header) return fault('truncated');
  const second = octets[2] ?? 0;
  const nr = modulo === 8 ? control >> 5 : second >> 1;
  const pollFinal = modulo === 8 ? (control & POLL_FINAL) !== 0 : (second & EXTENDED_POLL_FINAL) !== 0;
  if ((control & 0b01) === 0) {
    if (!isCommand) return fault('wrongAddress');
    const ns = modulo === 8 ? (control >> 1) & 7 : control >> 1;
    return decoded({ type: 'I', isCommand, ns, nr, pollFinal, information: octets.subarray(header) });
  }
  // The bits that modulo 128 keeps for later are not looked at.
  const type = SUPERVISORY_BY_CODE.get(control & 0x0f);
  if (type === undefined) return fault('undefinedControl');
  if (octets.length > header) return fault('informationNotPermitted');
  return decoded({ type, isCommand, nr, pollFinal });
}

function decodeUnnumbered(
  octets: Uint8Array,
  control: number,
  isCommand: boolean,
): Decoded<UnnumberedFrame, LapbFrameFault> {
  const type = UNNUMBERED_BY_CODE.get(control & ~POLL_FINAL);
  if (type === undefined) return fault('undefinedControl');
  if (isCommand !== type in COMMANDS) return fault('wrongAddress');
  const pollFinal = (control & POLL_FINAL) !== 0;
  const information = octets.subarray(UNNUMBERED_HEADER_OCTETS);
  // A FRMR is a FRMR however long: the link begins anew in any case.
  if (type === 'FRMR') return decoded({ type, isCommand, pollFinal, information });
  if (information.length > 0) return fault('informationNotPermitted');
  return decoded({ type, isCommand, pollFinal });
}

/** Whether an address is that of the end with this role: then the frame is a command to it. */
export function isCommandTo(receiver: Role, address: number): boolean {
  return address === ADDRESS_OF[receiver];
}

/** Of an I or S frame. */
function isNumbered(control: number): boolean {
  return (control & 0b11) !== 0b11;
}

/** The P or F bit of any frame that has its control field, whatever else is wrong with it. */
export function isPollFinal(octets: Uint8Array, modulo: Modulo): boolean {
  const [, control = 0, second = 0] = octets;
  return modulo === 128 && isNumbered(control)
    ? (second & EXTENDED_POLL_FINAL) !== 0
    : (control & POLL_FINAL) !== 0;
}

/** What a FRMR says about the frame it rejects (X.25 §2.3.4.9). */
export interface Rejection {
  /** The control field of the rejected frame; in modulo 128 two octets, the first one high, of a U frame the second 0. */
  readonly control: number;
  readonly wasResponse: boolean;
  readonly vs: number;
  readonly vr: number;
  /** W: control field undefined or not implemented. */
  readonly w: boolean;
  /** X: information field where none is permitted. */
  readonly x: boolean;
  /** Y: information field longer than N1. */
  readonly y: boolean;
  /** Z: N(R) acknowledges what was never sent, or once more. */
  readonly z: boolean;
}

/** The control field of any frame, as `Rejection` has it. */
export function rejectedControl(octets: Uint8Array, modulo: Modulo): number {
  const [, control = 0, second = 0] = octets;
  if (modulo === 8) return control;
  return (control << 8) | (isNumbered(control) ? second : 0);
}

/**
 *  modulo 8                              modulo 128
 *    8   7   6   5   4   3   2   1         8   7   6   5   4   3   2   1
 *  | rejected control field        |     | rejected control field, first |
 *  |    V(R)   |C/R|   V(S)    | 0 |     |   and second octet            |
 *  |  0  0  0  0 | Z | Y | X | W   |     |           V(S)            | 0 |
 *                                        |           V(R)            |C/R|
 *                                        |  0  0  0  0 | Z | Y | X | W   |
 */
export function encodeRejection(r: Rejection, modulo: Modulo): Uint8Array {
  const why = (+r.z << 3) | (+r.y << 2) | (+r.x << 1) | +r.w;
  return modulo === 8
    ? Uint8Array.of(r.control, (r.vr << 5) | (+r.wasResponse << 4) | (r.vs << 1), why)
    : Uint8Array.of(r.control >> 8, r.control & 0xff, r.vs << 1, (r.vr << 1) | +r.wasResponse, why);
}

/** Octets behind the last are not looked at. */
export function decodeRejection(information: Uint8Array, modulo: Modulo): Decoded<Rejection, 'truncated'> {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = information;
  if (information.length < (modulo === 8 ? 3 : 5)) return fault('truncated');
  const why = modulo === 8 ? third : fifth;
  const reasons = { w: (why & 1) !== 0, x: (why & 2) !== 0, y: (why & 4) !== 0, z: (why & 8) !== 0 };
  if (modulo === 8)
    return decoded({
      control: first,
      wasResponse: (second & 0x10) !== 0,
      vs: (second >> 1) & 7,
      vr: second >> 5,
      ...reasons,
    });
  return decoded({
    control: (first << 8) | second,
    wasResponse: (fourth & 1) !== 0,
    vs: third >> 1,
    vr: fourth >> 1,
    ...reasons,
  });
}

/** One line for people: `I ns=2 nr=5 P`, `RR nr=3 F`, `SABM P`, `FRMR F 21 vr=1 vs=2 Z`. */
export function describeLapbFrame(frame: LapbFrame, modulo: Modulo): string {
  const words: string[] = [frame.type];
  if (frame.type === 'I') words.push(`ns=${frame.ns}`);
  if ('nr' in frame) words.push(`nr=${frame.nr}`);
  if (frame.pollFinal) words.push(frame.isCommand ? 'P' : 'F');
  if (frame.type === 'FRMR' && frame.information !== undefined)
    words.push(describeRejection(decodeRejection(frame.information, modulo), modulo));
  return words.join(' ');
}

function describeRejection(rejection: Decoded<Rejection, 'truncated'>, modulo: Modulo): string {
  if (!rejection.ok) return '(truncated)';
  const { control, vr, vs, w, x, y, z } = rejection.value;
  const why = `${w ? 'W' : ''}${x ? 'X' : ''}${y ? 'Y' : ''}${z ? 'Z' : ''}`;
  return `${control.toString(16).padStart(modulo === 8 ? 2 : 4, '0')} vr=${vr} vs=${vs} ${why}`;
}
