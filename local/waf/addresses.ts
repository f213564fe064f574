import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { Refusal } from '../refusal.ts';

/** The address as a set would name it: a socket shows an IPv4 peer of a dual-stack listener as `::ffff:192.0.2.1`. */
export function normalise(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address.replace(/%.*$/, '');
}

/** Whether a normalised address is in one of the blocks. */
export function addressSet(blocks: readonly string[]): (address: string) => boolean {
  const set = new BlockList();
  for (const block of blocks) {
    const [network = '', bits] = block.split('/');
    if (isIPv4(network)) set.addSubnet(network, Number(bits ?? 32), 'ipv4');
    else if (isIPv6(network)) set.addSubnet(network, Number(bits ?? 128), 'ipv6');
    else throw new Refusal(`An IP set of the template has "${block}", which is no CIDR: write it as 203.0.113.0/24.`);
  }
  return (address) => set.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** 127.0.0.0/8 and ::1. */
export const isLoopback = addressSet(['127.0.0.0/8', '::1/128']);
