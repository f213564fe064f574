/** A block of addresses, in the one form in which two can be compared. */
export interface Cidr {
  readonly family: 'IPV4' | 'IPV6';
  /** `192.0.2.0/24`, `2001:db8::/32`: IPv6 in its short form, host bits zero. */
  readonly text: string;
  readonly prefix: number;
  /** Its first address. */
  readonly first: bigint;
}

const BITS = { IPV4: 32, IPV6: 128 } as const;

/** Reads a CIDR, or an address alone as a block of one; undefined when it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', prefixText, ...rest] = text.trim().split('/');
  if (rest.length > 0) return undefined;
  const number = ipv4(address) ?? ipv6(address);
  if (!number) return undefined;
  const { family, value } = number;
  if (prefixText !== undefined && !/^[0-9]{1,3}$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? BITS[family] : Number(prefixText);
  if (prefix > BITS[family]) return undefined;
  const host = BigInt(BITS[family] - prefix);
  const first = (value >> host) << host;
  return { family, prefix, first, text: `${addressOf(first, family)}/${prefix}` };
}

/** Whether they have an address in common. */
export function overlap(a: Cidr, b: Cidr): boolean {
  if (a.family !== b.family) return false;
  const host = BigInt(BITS[a.family] - Math.min(a.prefix, b.prefix));
  return a.first >> host === b.first >> host;
}

/** How many addresses it has. */
export function sizeOf({ family, prefix }: Cidr): bigint {
  return 1n << BigInt(BITS[family] - prefix);
}

/** Whether an address is in one of the blocks; an address that can't be read is in none. */
export function addressSet(cidrs: readonly string[]): (address: string) => boolean {
  // A look-up for each length of prefix there is, however many blocks have it.
  const blocks = { IPV4: new Map<number, Set<bigint>>(), IPV6: new Map<number, Set<bigint>>() };
  for (const text of cidrs) {
    const cidr = parseCidr(text);
    if (!cidr) throw new Error(`"${text}" is no CIDR.`);
    const ofPrefix = blocks[cidr.family].get(cidr.prefix) ?? new Set();
    blocks[cidr.family].set(cidr.prefix, ofPrefix.add(cidr.first));
  }
  return (address) => {
    const number = ipv4(address) ?? ipv6(address);
    if (!number) return false;
    const { family, value } = number;
    for (const [prefix, firsts] of blocks[family]) {
      const host = BigInt(BITS[family] - prefix);
      if (firsts.has((value >> host) << host)) return true;
    }
    return false;
  };
}

interface Address {
  readonly family: Cidr['family'];
  readonly value: bigint;
}

/** Four decimal numbers without leading zeros, which some read as octal. */
function ipv4(text: string): Address | undefined {
  const parts = /^(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})$/
    .exec(text)
    ?.slice(1);
  if (!parts || parts.some((part) => Number(part) > 255)) return undefined;
  return { family: 'IPV4', value: parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) };
}

function ipv6(text: string): Address | undefined {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text) || !URL.canParse(`http://[${text}]/`)) return undefined;
  // The URL parser writes an embedded IPv4 address as two groups, and everything in lower case.
  const [head = '', tail = ''] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const value = [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return { family: 'IPV6', value };
}

function addressOf(value: bigint, family: Cidr['family']): string {
  if (family === 'IPV4') return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(112 - at * 16)) & 0xffffn).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
