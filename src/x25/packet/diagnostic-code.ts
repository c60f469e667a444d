/** What a diagnostic code means, for people. */
export function diagnosticText(_diagnostic: number): string {
  throw new Error('to come');
}
