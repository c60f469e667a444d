import ipaddr from 'ipaddr.js';

/** A range of IP addresses, written `10.0.0.0/8`, `fd25::/64`, or as one address. */
export class Network {
  readonly text: string;
  readonly #base: ipaddr.IPv4 | ipaddr.IPv6;
  readonly #bits: number;

  private constructor(text: string, base: ipaddr.IPv4 | ipaddr.IPv6, bits: number) {
    this.text = text;
    this.#base = base;
    this.#bits = bits;
  }

  /** @returns undefined when the text is no network. */
  static parse(text: string): Network | undefined {
    // ipaddr.js would read 10.1/16 as inet_aton does, as 10.0.0.1/16: nobody means that.
    if (!text.includes(':') && !/^\d+\.\d+\.\d+\.\d+(\/|$)/.test(text)) return undefined;
    if (ipaddr.isValidCIDR(text)) return new Network(text, ...ipaddr.parseCIDR(text));
    if (!ipaddr.isValid(text)) return undefined;
    const address = ipaddr.parse(text);
    return new Network(text, address, address.kind() === 'ipv4' ? 32 : 128);
  }

  /** True for all addresses of a family: whoever names it opens the gate. */
  get isEverything(): boolean {
    return this.#bits === 0;
  }

  /** An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) counts as what it is. */
  includes(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return parsed.kind() === this.#base.kind() && parsed.match(this.#base, this.#bits);
  }

  /** As it was written, for `check --json`. */
  toJSON(): string {
    return this.text;
  }
}

/**
 * The network of a client, for what is counted by client: an IPv6 site has addresses without number, so its /64 counts.
 */
export function siteOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  const octets = parsed.toByteArray();
  if (parsed.kind() === 'ipv6') return `${octets.slice(0, 8).join('.')}/64`;
  return `${octets.join('.')}/32`;
}
