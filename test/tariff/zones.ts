import { parseTimeWindow, TimeWindows, Zone } from '../../src/tariff/index.js';

export function zone(name: string): Zone {
  const found = Zone.parse(name);
  if (found === undefined) throw new Error(`no zone ${name}`);
  return found;
}

export function windows(name: string, ...texts: string[]): TimeWindows {
  const parsed = texts.map((text) => {
    const window = parseTimeWindow(text);
    if (window === undefined) throw new Error(`no window: ${text}`);
    return window;
  });
  return new TimeWindows(parsed, zone(name));
}
