/** What a command exits with, but for `sendmail`, which has the statuses of sendmail(8). */
export const DONE = 0;
export const FAILED = 1;
/** A configuration that can't be used is wrong usage too. */
export const WRONG_USAGE = 2;
