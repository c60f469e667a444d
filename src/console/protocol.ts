/**
 * What passes over the control socket: JSON objects in UTF-8, one per line, each way.
 *
 *     {"id":1,"request":"status","parameters":{}}      asked; `id` is the client's choice
 *     {"id":1,"event":{...}}                           before the answer of a request that streams, any number
 *     {"id":1,"lost":17}                               events left out so far: the client reads too slowly
 *     {"id":1,"answer":{...}}                          the last line for this id
 *     {"id":1,"error":{"code":"...","message":"..."}}  the last line for this id, when it could not be done
 *     {"id":2,"request":"cancel","parameters":{"id":1}}  ends a stream: its answer follows
 */
import { z } from 'zod';

/** Octets of a line from a client, its end included. */
export const LONGEST_REQUEST = 64 * 1024;
/** Octets of a line to a client: room for what is told of 4095 circuits on each of several links. */
export const LONGEST_REPLY = 16 * 1024 * 1024;

const requestSchema = z.strictObject({
  id: z.int().nonnegative(),
  request: z.string(),
  parameters: z.record(z.string(), z.unknown()).default({}),
});

export type ControlRequest = z.output<typeof requestSchema>;

const replySchema = z.union([
  z.object({ id: z.int(), event: z.unknown() }).refine((reply) => 'event' in reply),
  z.object({ id: z.int(), lost: z.int() }),
  z.object({ id: z.int(), error: z.object({ code: z.string(), message: z.string() }) }),
  z.object({ id: z.int(), answer: z.unknown() }).refine((reply) => 'answer' in reply),
]);

export type ControlReply =
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly lost: number }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } }
  | { readonly id: number; readonly answer: unknown };

/** The id of an error that belongs to no request: the line could not be read. */
export const NO_REQUEST = -1;

export function encodeLine(message: ControlRequest | ControlReply): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(message)}\n`);
}

/** @returns undefined when the line is no request. */
export function decodeRequest(line: string): ControlRequest | undefined {
  return parse(requestSchema, line);
}

/** @returns undefined when the line is no reply. */
export function decodeReply(line: string): ControlReply | undefined {
  return parse(replySchema, line);
}

function parse<Value>(schema: z.ZodType<Value>, line: string): Value | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
