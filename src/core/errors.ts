/**
 * The world is in the way: a port unplugged, a disk full, a name not found.
 * `code` is a stable word for programs, `message` one line for people that says what to do next.
 */
export class GatewayError extends Error {
  readonly code: string;
  /** True when the same thing may succeed later: mail waits (4xx), and is not returned (5xx). */
  readonly temporary: boolean;

  constructor(code: string, message: string, options: { temporary: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.temporary = options.temporary;
  }
}

/** What to print of something caught, whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
