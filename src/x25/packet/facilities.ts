/**
 * What the facilities of call set-up and clearing packets say (X.25 §6 and §7, Annex G for those between DTEs).
 * A field is absent when the facility is. Octets, codes and order are the business of `facility-table.ts`.
 */
export interface Facilities {
  /** 42: octets of user data in a DATA packet, 16 .. 4096, a power of two (§6.12). */
  readonly packetSize?: PerDirection;
  /** 43: window, 1 .. 7, in modulo 128 1 .. 127 (§6.12). */
  readonly windowSize?: PerDirection;
  /** 02, 4C: bit/s (§6.13). */
  readonly throughput?: ThroughputClass;
  /** 01: the call may be cleared with 128 octets of user data; restricted: it can't be accepted at all (§6.16). */
  readonly fastSelect?: 'unrestricted' | 'restricted';
  /** 01: the called side pays (§6.18). False stands alone only: the facility came, and asked for nothing. */
  readonly reverseCharging?: boolean;
  /** 01: whether networks between may redirect or deflect the call (ICRD, §6.25). */
  readonly redirectionControl?: 'prevented' | 'allowed';
  /** 03, 47: index of a closed user group, two digits (basic) or four (extended) (§6.14.6). */
  readonly closedUserGroup?: string;
  /** 09, 48: the same, when the caller may call outside of the group as well (§6.14.7). */
  readonly closedUserGroupOutgoing?: string;
  /** 41: index of a bilateral closed user group, four digits (§6.15). */
  readonly bilateralClosedUserGroup?: string;
  /** C6: who pays, in the form agreed with the network (NUI, §6.21). A secret, often. */
  readonly userIdentification?: Uint8Array;
  /** 44, C4: transit networks to go through, four digits each: one in the basic form, a list in the extended (RPOA, §6.23). */
  readonly transitNetworks?: string | readonly string[];
  /** 04: whether the network shall tell what the call cost when it is cleared (§6.22). */
  readonly chargingRequested?: boolean;
  /** C5: charge in monetary units, coded as the network likes (§6.22). */
  readonly charge?: Uint8Array;
  /** C2: what was charged for, one entry per tariff period (§6.22). */
  readonly chargedSegments?: readonly ChargedSegments[];
  /** C1: charged time in seconds, one entry per tariff period (§6.22). */
  readonly chargedSeconds?: readonly number[];
  /** D1: in a CLEAR REQUEST: who shall take the call instead (§6.25). */
  readonly deflectTo?: Redirection;
  /** C3: in an INCOMING CALL: who was called first, and why the call came here (§6.25). */
  readonly redirectedFrom?: Redirection;
  /** 08: the called address in the answer is not the one that was called: why, an octet (§6.26). */
  readonly calledAddressModified?: number;
  /** 49: milliseconds; as wished in a call, as the network has it in the answer (§6.27). */
  readonly transitDelay?: number;
  /** All other X.25 facilities, then those of networks with their markers (00 00, 00 FF): octet for octet, as they came. */
  readonly other?: Uint8Array;

  // Between the DTEs, behind the marker 00 0F; no network acts on them (Annex G).

  /** CB (G.3.1). */
  readonly callingAddressExtension?: AddressExtension;
  /** C9 (G.3.2). */
  readonly calledAddressExtension?: AddressExtension;
  /** 0A, 4D: bit/s (G.3.3.1). */
  readonly minimumThroughput?: ThroughputClass;
  /** CA (G.3.3.2). */
  readonly endToEndDelay?: EndToEndDelay;
  /**
   * D2: one to six octets: of the data, to gain, to keep a connection; then the lowest acceptable of the three
   * (G.3.3.3).
   */
  readonly priority?: readonly number[];
  /** D3: octet for octet (G.3.3.4). */
  readonly protection?: Uint8Array;
  /** 0B: whether interrupts carry expedited data (G.3.4). */
  readonly expedited?: boolean;
  /** All other DTE facilities, octet for octet, without the marker. */
  readonly otherDte?: Uint8Array;
}

/** A value per direction, named as X.25 §6.12 does: who sends the DATA packets it is about. */
export interface PerDirection {
  readonly fromCalled: number;
  readonly fromCalling: number;
}

/** One of `THROUGHPUT_CLASSES` each way. */
export interface ThroughputClass extends PerDirection {
  /** Coded in the extended form, though the basic one could say it. */
  readonly extended?: true;
}

export interface ChargedSegments {
  readonly toDte: number;
  readonly fromDte: number;
}

export interface Redirection {
  /** An octet: 01 busy, 07 hunt group, 09 out of order, 0F always, C0 and above: a DTE's wish (§7.2.2.11). */
  readonly reason: number;
  readonly address: string;
}

export interface AddressExtension {
  /** What the digits are: a whole NSAP of OSI, a part of one, or anything else. */
  readonly use: 'nsap' | 'partOfNsap' | 'other';
  /** 0 to 40 half-octets as hexadecimal digits, capitals. */
  readonly digits: string;
}

/** Milliseconds, 0 .. 65 534; 65 535 says unknown. */
export interface EndToEndDelay {
  /** Collected on the way. */
  readonly cumulative: number;
  readonly wanted?: number;
  /** The most that is acceptable; only with `wanted`. */
  readonly acceptable?: number;
}

/** Fast select with restriction on response: the call may be cleared with data, not accepted (X.25 §6.16). */
export function isFastSelectRestricted({ fastSelect }: Facilities): boolean {
  return fastSelect === 'restricted';
}
