import { z } from 'zod';
import { type Decoded, decoded, describeError, fault } from '../core/index.js';
import { isResultText } from './result-code.js';
import { DEFAULT_MODEM_TIMES, type ModemSettings, type ModemTimes } from './settings.js';

/** Printable, and for the modem: begins with AT, which every modem drops together with what is not for it. */
const command = z
  .string()
  .regex(/^AT[\x20-\x7e]{0,78}$/i, { error: 'a command line that begins with AT, up to 80 characters' });

const commands = z.array(command);

const profileSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/, { error: 'small letters, digits and hyphens' }),
  /** Which modems it is for, for people. */
  description: z.string().min(1),
  /** Where it was learnt, for people. */
  source: z.string().min(1),
  init: commands.min(1),
  /** Sent after `init`, by the `flow` of the link. */
  flow: z
    .strictObject({
      none: commands.default([]),
      rtscts: commands.default([]),
      xonxoff: commands.default([]),
    })
    .prefault({}),
  dial: z.strictObject({ tone: command.default('ATDT'), pulse: command.default('ATDP') }).prefault({}),
  answer: command.default('ATA'),
  hangUp: command.default('ATH'),
  escape: z
    .strictObject({
      sequence: z
        .string()
        .regex(/^[\x20-\x7e]{1,8}$/, { error: '1 to 8 printable characters' })
        .default('+++'),
      /** What the modem asks for (S12); ours is longer. */
      guardMs: z.int().min(0).max(5000).default(1000),
    })
    .prefault({}),
  /** Results beyond the common ones: `{ "13": "CONNECT 9600" }`. */
  results: z
    .record(
      z.string().regex(/^[A-Z0-9][A-Z0-9 /+-]*$/, { error: 'a result in capital letters, or its number' }),
      z.string().refine(isResultText, { error: 'a result that every modem has, such as "NO CARRIER"' }),
    )
    .default({}),
});

/** What one kind of modem wants to hear and says, as it stands in `hardware/modems/*.json`. */
export type ModemProfile = Readonly<z.output<typeof profileSchema>>;

/** @returns the profile, or all that is wrong with the text, one line for each. */
export function decodeProfile(text: string): Decoded<ModemProfile> {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    return fault(`not JSON: ${describeError(error)}`);
  }
  const result = profileSchema.safeParse(found);
  if (result.success) return decoded(result.data);
  return fault(
    result.error.issues
      .map(({ path, message }) => `${path.length === 0 ? 'profile' : path.join('.')}: ${message}`)
      .join('\n'),
  );
}

/** What an operator says of a modem, beyond its profile. */
export interface ModemChoice {
  readonly dialling?: 'tone' | 'pulse';
  readonly flow: 'none' | 'rtscts' | 'xonxoff';
  /** Commands after those of the profile. */
  readonly init?: readonly string[];
  /** 0, the default: never answers. */
  readonly answerAfterRings?: number;
  /** Default: `dtr`; on a line without DTR always `escape`. */
  readonly hangUpBy?: 'dtr' | 'escape';
  readonly times?: Partial<ModemTimes>;
}

/** Whether it may stand among the initialisation commands. */
export function isModemCommand(text: string): boolean {
  return command.safeParse(text).success;
}

/** How much longer than the modem asks for we are silent: what was written last may still be on its way to it. */
const GUARD_MARGIN_MS = 300;
const INIT_TRIES = 3;

export function modemSettings(profile: ModemProfile, choice: ModemChoice): ModemSettings {
  const { dialling = 'tone', flow, init = [], answerAfterRings = 0, hangUpBy = 'dtr', times } = choice;
  return {
    init: [...profile.init, ...profile.flow[flow], ...init],
    dialCommand: profile.dial[dialling],
    answerCommand: profile.answer,
    hangUpCommand: profile.hangUp,
    escapeSequence: profile.escape.sequence,
    hangUpBy,
    answerAfterRings,
    aliases: profile.results,
    initTries: INIT_TRIES,
    times: { ...DEFAULT_MODEM_TIMES, guardMs: profile.escape.guardMs + GUARD_MARGIN_MS, ...times },
  };
}
