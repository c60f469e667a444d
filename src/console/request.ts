import { z } from 'zod';

/** The requests that a control socket takes, by name. */
export type ControlRequests = Readonly<Record<string, RequestHandler>>;

/**
 * Does what was asked for. What it returns is the answer, as JSON; a request that streams returns when it is
 * cancelled or has no more to tell. Whatever it throws is told to the client.
 */
export type RequestHandler = (parameters: Record<string, unknown>, asked: Asked) => unknown;

export interface Asked {
  /** Tells the client something before the answer. @returns false when it was left out: the client reads too slowly. */
  readonly event: (event: unknown) => boolean;
  /** Aborted when the client wants no more, or has gone. */
  readonly cancelled: AbortSignal;
}

/** Why a request could not be done; `code` is a stable word for programs. */
export class RequestError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
  }
}

/** A handler whose parameters are checked before. @param parameters which there are, and what is allowed for each. */
export function request<Shape extends z.ZodRawShape>(
  parameters: Shape,
  handle: (parameters: z.output<z.ZodObject<Shape>>, asked: Asked) => unknown,
): RequestHandler {
  const schema = z.strictObject(parameters);
  return (given, asked) => {
    const result = schema.safeParse(given);
    if (result.success) return handle(result.data as z.output<z.ZodObject<Shape>>, asked);
    throw new RequestError('badParameters', z.prettifyError(result.error).replaceAll(/\s+/g, ' '));
  };
}

/** Resolves when the request is cancelled. */
export function untilCancelled({ cancelled }: Asked): Promise<void> {
  return new Promise((resolve) => {
    if (cancelled.aborted) resolve();
    else cancelled.addEventListener('abort', () => resolve(), { once: true });
  });
}
