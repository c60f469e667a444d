/** What a cause of a CLEAR, RESET or RESTART packet means, for people. */
export function causeText(_kind: 'clear' | 'reset' | 'restart', _cause: number): string {
  throw new Error('to come');
}
