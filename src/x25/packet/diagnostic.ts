export interface DiagnosticPacket {
  readonly type: 'diagnostic';
  readonly channel: 0;
  readonly diagnostic: number;
  readonly explanation: Uint8Array;
}
