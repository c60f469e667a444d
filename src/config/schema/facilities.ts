/** A set of facilities that calls to a peer ask for (X.25 §6, Annex G), in words for people. */
import { z } from 'zod';
import { THROUGHPUT_CLASSES } from '../../x25/index.js';
import {
  CLOSED_USER_GROUP,
  choice,
  closedUserGroup,
  duration,
  hex,
  matching,
  oneOrMore,
  parsed,
  table,
  whole,
  yesOrNo,
} from './fields.js';
import { packetSize, window } from './link.js';

/** What may differ by direction. */
export interface EachWay {
  readonly send: number;
  readonly receive: number;
}

/** One value for both directions, or a table with `send` and `receive`, as seen from here. */
function eachWay(name: string, value: z.ZodType<number>) {
  const pair = table(name, { send: value, receive: value });
  const both = value.transform((all) => ({ send: all, receive: all }));
  return z.unknown().transform((given, context): EachWay => {
    const isTable = typeof given === 'object' && given !== null && !Array.isArray(given);
    const result = (isTable ? pair : both).safeParse(given);
    if (result.success) return result.data;
    for (const issue of result.error.issues) context.addIssue({ ...issue });
    return z.NEVER;
  });
}

function throughput() {
  const error = `one of ${THROUGHPUT_CLASSES.slice(0, 13).join(', ')} bit/s, or more by steps of 64000 up to 2048000`;
  return z.int({ error }).refine((speed) => THROUGHPUT_CLASSES.includes(speed), { error });
}

const DNIC = 'four digits of a network, or a list of them';

/** X.25 §7.2.2.13: 16 bits of milliseconds; the last value means unknown. */
const LONGEST_DELAY_MS = 0xfffe;

export interface AddressExtensionSetting {
  readonly use: 'nsap' | 'partOfNsap' | 'other';
  readonly digits: string;
}

const EXTENSION_USES = { nsap: 'nsap', part: 'partOfNsap', other: 'other' } as const;

/** `"4700058000..."` is a whole NSAP; else what it is stands before it. */
function addressExtension() {
  return parsed(
    'up to 40 hexadecimal digits of an NSAP, or "part:" or "other:" before them',
    (text): AddressExtensionSetting | undefined => {
      const [, use = 'nsap', digits] = /^(?:(nsap|part|other):)?([0-9A-Fa-f]{0,40})$/.exec(text) ?? [];
      if (digits === undefined) return undefined;
      return { use: EXTENSION_USES[use as keyof typeof EXTENSION_USES], digits: digits.toUpperCase() };
    },
  );
}

const MOST_PRIORITIES = 6;
const PRIORITY =
  'a priority from 0 to 255, or a list of up to six (of data, to gain, to keep, the least of each)';

/** A facility field of 109 octets, less what packet and window size take. */
const MOST_OCTETS = 103;

const LONGEST_NUI = 64;

export const facilitySetSchema = table('peer.facilities', {
  packet_size: eachWay('peer.facilities.packet_size', packetSize()).optional(),
  window: eachWay('peer.facilities.window', window()).optional(),
  throughput: eachWay('peer.facilities.throughput', throughput()).optional(),
  fast_select: choice(['unrestricted', 'restricted']).optional(),
  reverse_charging: yesOrNo().optional(),
  redirection: choice(['prevented', 'allowed']).optional(),
  closed_user_group: closedUserGroup().optional(),
  closed_user_group_outgoing: closedUserGroup().optional(),
  bilateral_closed_user_group: matching(
    /^\d{4}$/,
    `${CLOSED_USER_GROUP.split(':')[0]}: four digits`,
  ).optional(),
  nui: matching(
    new RegExp(`^[ -~]{1,${LONGEST_NUI}}$`),
    `1 to ${LONGEST_NUI} printable characters`,
  ).optional(),
  rpoa: oneOrMore(matching(/^\d{4}$/, DNIC), DNIC).optional(),
  charging_information: yesOrNo().optional(),
  transit_delay: duration(0, LONGEST_DELAY_MS).optional(),
  called_address_extension: addressExtension().optional(),
  calling_address_extension: addressExtension().optional(),
  minimum_throughput: eachWay('peer.facilities.minimum_throughput', throughput()).optional(),
  end_to_end_delay: duration(0, LONGEST_DELAY_MS).optional(),
  end_to_end_delay_most: duration(0, LONGEST_DELAY_MS).optional(),
  priority: oneOrMore(whole(0, 0xff), PRIORITY)
    .refine((all) => all.length <= MOST_PRIORITIES, { error: PRIORITY })
    .optional(),
  protection: hex(MOST_OCTETS).optional(),
  expedited: yesOrNo().optional(),
  raw: hex(MOST_OCTETS).optional(),
});

export type FacilitySetSettings = z.output<typeof facilitySetSchema>;
