import type { Direction } from './at-dialogue.js';
import type { CallFailure } from './failure.js';

/** What an operator, and whoever counts the cost, is told of a modem. */
export type ModemEvent =
  | { readonly type: 'dialling'; readonly number: string }
  | {
      readonly type: 'connected';
      readonly direction: Direction;
      /** As the modem said it: `CONNECT 9600/ARQ`. */
      readonly message: string;
      readonly bitsPerSecond?: number;
    }
  | {
      readonly type: 'disconnected';
      readonly direction: Direction;
      readonly reason: string;
      /** From CONNECT until the line was free again, milliseconds. */
      readonly connectedMs: number;
    }
  | {
      readonly type: 'dialFailed';
      readonly number: string;
      readonly failure: CallFailure;
      readonly reason: string;
    }
  | { readonly type: 'answerFailed'; readonly failure: CallFailure; readonly reason: string }
  /** The modem can't be used; told once until it works again. It is tried again by itself. */
  | { readonly type: 'fault'; readonly reason: string };
