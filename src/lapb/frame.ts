import { type Decoded, decoded, fault } from '../core/index.js';
import { allocate } from '../hdlc/index.js';
import type { Role } from './parameters.js';

/**
 * Frames of a single link, modulo 8 (X.25 §2.3, ISO 7776), without FCS.
 *
 *             8   7   6   5   4   3   2   1
 *  address |  0   0   0   0   0   0  A/B  1 |   A 03 names the DTE, B 01 the DCE
 *  I       |    N(R)   | P |    N(S)    | 0 |   information ...
 *  S       |    N(R)   |P/F| type  | 0    1 |   RR 00, RNR 01, REJ 10
 *  U       |  type     |P/F| type  | 1    1 |   FRMR: information of 3 octets
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
/** SABME belongs to modulo 128; it is known in order to be refused by DM. */
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

export const MODULUS = 8;
const HEADER_OCTETS = 2;
const POLL_FINAL = 0x10;

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
export function encodeLapbFrame(frame: LapbFrame, sender: Role): Uint8Array {
  const information = 'information' in frame ? frame.information : undefined;
  const octets = allocate(HEADER_OCTETS + (information?.length ?? 0));
  octets[0] = addressOf(sender, frame.isCommand);
  octets[1] = controlOf(frame);
  if (information !== undefined) octets.set(information, HEADER_OCTETS);
  return octets;
}

/** A command names the station it is meant for, a response the one it comes from. */
function addressOf(sender: Role, isCommand: boolean): number {
  return ADDRESS_OF[isCommand ? peerOf(sender) : sender];
}

function peerOf(role: Role): Role {
  return role === 'dte' ? 'dce' : 'dte';
}

function controlOf(frame: LapbFrame): number {
  const pollFinal = frame.pollFinal ? POLL_FINAL : 0;
  switch (frame.type) {
    case 'I':
      return (frame.nr << 5) | pollFinal | (frame.ns << 1);
    case 'RR':
    case 'RNR':
    case 'REJ':
      return (frame.nr << 5) | pollFinal | SUPERVISORY[frame.type];
    default:
      return pollFinal | UNNUMBERED[frame.type];
  }
}

/** @param receiver the role of the end that has received the octets. */
export function decodeLapbFrame(octets: Uint8Array, receiver: Role): Decoded<LapbFrame, LapbFrameFault> {
  const [address, control] = octets;
  if (address === undefined || control === undefined) return fault('truncated');
  if (address !== ADDRESS_A && address !== ADDRESS_B) return fault('unknownAddress');
  const isCommand = isCommandTo(receiver, address);
  const pollFinal = isPollFinal(control);

  if ((control & 0b01) === 0) {
    if (!isCommand) return fault('wrongAddress');
    const information = octets.subarray(HEADER_OCTETS);
    return decoded({
      type: 'I',
      isCommand,
      ns: (control >> 1) & 7,
      nr: control >> 5,
      pollFinal,
      information,
    });
  }
  if ((control & 0b10) === 0) {
    const type = SUPERVISORY_BY_CODE.get(control & 0x0f);
    if (type === undefined) return fault('undefinedControl');
    if (octets.length > HEADER_OCTETS) return fault('informationNotPermitted');
    return decoded({ type, isCommand, nr: control >> 5, pollFinal });
  }
  const type = UNNUMBERED_BY_CODE.get(control & ~POLL_FINAL);
  if (type === undefined) return fault('undefinedControl');
  if (isCommand !== type in COMMANDS) return fault('wrongAddress');
  // A FRMR is a FRMR however long: the link begins anew in any case.
  if (type === 'FRMR')
    return decoded({ type, isCommand, pollFinal, information: octets.subarray(HEADER_OCTETS) });
  if (octets.length > HEADER_OCTETS) return fault('informationNotPermitted');
  return decoded({ type, isCommand, pollFinal });
}

/** Whether an address is that of the end with this role: then the frame is a command to it. */
export function isCommandTo(receiver: Role, address: number): boolean {
  return address === ADDRESS_OF[receiver];
}

/** The P or F bit of any control field. */
export function isPollFinal(control: number): boolean {
  return (control & POLL_FINAL) !== 0;
}

/** What a FRMR says about the frame it rejects (X.25 §2.3.4.9). */
export interface Rejection {
  /** The control field of the rejected frame. */
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

/**
 *    8   7   6   5   4   3   2   1
 *  | rejected control field        |
 *  |    V(R)   |C/R|   V(S)    | 0 |
 *  |  0  0  0  0 | Z | Y | X | W   |
 */
export function encodeRejection(r: Rejection): Uint8Array {
  return Uint8Array.of(
    r.control,
    (r.vr << 5) | (+r.wasResponse << 4) | (r.vs << 1),
    (+r.z << 3) | (+r.y << 2) | (+r.x << 1) | +r.w,
  );
}

export function decodeRejection(information: Uint8Array): Decoded<Rejection, 'truncated'> {
  const [control, variables, why] = information;
  if (control === undefined || variables === undefined || why === undefined) return fault('truncated');
  return decoded({
    control,
    wasResponse: (variables & 0x10) !== 0,
    vs: (variables >> 1) & 7,
    vr: variables >> 5,
    w: (why & 1) !== 0,
    x: (why & 2) !== 0,
    y: (why & 4) !== 0,
    z: (why & 8) !== 0,
  });
}

/** One line for people: `I ns=2 nr=5 P`, `RR nr=3 F`, `SABM P`, `FRMR F 21 vr=1 vs=2 Z`. */
export function describeLapbFrame(frame: LapbFrame): string {
  const words: string[] = [frame.type];
  if (frame.type === 'I') words.push(`ns=${frame.ns}`);
  if ('nr' in frame) words.push(`nr=${frame.nr}`);
  if (frame.pollFinal) words.push(frame.isCommand ? 'P' : 'F');
  if (frame.type === 'FRMR' && frame.information !== undefined)
    words.push(describeRejection(decodeRejection(frame.information)));
  return words.join(' ');
}

function describeRejection(rejection: Decoded<Rejection, 'truncated'>): string {
  if (!rejection.ok) return '(truncated)';
  const { control, vr, vs, w, x, y, z } = rejection.value;
  const why = `${w ? 'W' : ''}${x ? 'X' : ''}${y ? 'Y' : ''}${z ? 'Z' : ''}`;
  return `${control.toString(16).padStart(2, '0')} vr=${vr} vs=${vs} ${why}`;
}
