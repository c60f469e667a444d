import ipaddr from 'ipaddr.js';

/**
 * An IPv6 address for every number (NUA), so that an MTA can tell callers apart, rate them and list them.
 *
 *   octets 1-8    the network, a /64 of the operator's choice
 *   octets 9-16   16 half-octets: the digits in BCD from the left, F in each one unused, and in the last the count
 *
 * So 26245300040 in fd25::/64 is fd25::2624:5300:040f:fffb; a longer prefix names an area: fd25::2624:0:0:0/80. Who
 * gave no number has the count 0: fd25::ffff:ffff:ffff:fff0.
 */
export class CallerNetwork {
  readonly #prefix: readonly number[];

  private constructor(prefix: readonly number[]) {
    this.#prefix = prefix;
  }

  /** @returns undefined when the text is no IPv6 network of 64 bits. */
  static parse(text: string): CallerNetwork | undefined {
    if (!ipaddr.IPv6.isValidCIDR(text)) return undefined;
    const [address, bits] = ipaddr.IPv6.parseCIDR(text);
    const octets = address.toByteArray();
    // What stands behind the first 64 bits would be lost silently.
    if (bits !== NETWORK_OCTETS * 8 || octets.slice(NETWORK_OCTETS).some((octet) => octet !== 0))
      return undefined;
    return new CallerNetwork(octets.slice(0, NETWORK_OCTETS));
  }

  /**
   * @param nua 0 to 15 digits.
   * @returns the address as RFC 5952 writes it.
   * @throws RangeError on anything else; the packet layer lets no other number through.
   */
  addressOf(nua: string): string {
    if (!/^\d{0,15}$/.test(nua))
      throw new RangeError(`not a number of up to 15 digits: ${JSON.stringify(nua)}`);
    const halves = nua.padEnd(MOST_DIGITS, 'f') + nua.length.toString(16);
    const octets = [...this.#prefix, ...Buffer.from(halves, 'hex')];
    return new ipaddr.IPv6(octets).toRFC5952String();
  }

  /** @returns undefined when the address is outside of this network, or was not made by `addressOf`. */
  nuaOf(address: string): string | undefined {
    if (!ipaddr.IPv6.isValid(address)) return undefined;
    const octets = ipaddr.IPv6.parse(address).toByteArray();
    if (this.#prefix.some((octet, i) => octet !== octets[i])) return undefined;
    const halves = Buffer.from(octets.slice(NETWORK_OCTETS)).toString('hex');
    const nua = halves.slice(0, Number.parseInt(halves.slice(-1), 16));
    return /^\d*$/.test(nua) && /^f*$/.test(halves.slice(nua.length, -1)) ? nua : undefined;
  }
}

const NETWORK_OCTETS = 8;
const MOST_DIGITS = 15;
