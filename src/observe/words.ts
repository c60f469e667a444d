/** Numbers as people read them in log lines, ladders and records. */

/** `1 message`, `2 packets`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** `0.4 s`, `1 min 05 s`, `2 h 03 min`: what a call lasted, to the precision that matters. */
export function duration(ms: number): string {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** `0.35 EUR`; at least two decimals, more where they are not zero. */
export function money(amount: number, currency?: string): string {
  const [whole = '0', decimals = ''] = amount.toFixed(6).split('.');
  const number = `${whole}.${decimals.replace(/0+$/, '').padEnd(2, '0')}`;
  return currency === undefined ? number : `${number} ${currency}`;
}

/** `1990-01-01 00:00:00Z`. */
export function utc(wallTime: number): string {
  return `${new Date(wallTime).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
