import { parseCidr } from '../lambdas/core/addresses/cidr.ts';
import { providers } from '../lambdas/providers/index.ts';
import type { Allow, AllowPublished, SourceConfig } from './config.ts';

/** What is wrong with the addresses that may call a source. */
export function sourceAllowProblems({ allow, provider }: SourceConfig, place: string): string[] {
  return 'published' in allow ? publishedProblems(allow, provider, place) : allowProblems(allow, place, 'allow');
}

function publishedProblems({ published, cidrs = [] }: AllowPublished, provider: string, place: string): string[] {
  const problems = cidrs.flatMap((cidr) => cidrProblems(cidr, place, 'allow'));
  const declaration = providers.get(provider);
  if (declaration && !declaration.addressList) {
    problems.push(
      `${place} follows the published addresses of '${provider}', whose declaration names no list: add addressList to lambdas/providers/${provider}.ts, or list CIDRs.`,
    );
  } else if (published === 'enforce' && cidrs.length + (declaration?.addresses ?? []).length === 0) {
    problems.push(
      `${place} enforces published addresses of which none is known before they are first fetched, so nobody could call it until then: give allow.cidrs to begin with, or published: 'observe'.`,
    );
  }
  return problems;
}

export function allowProblems(allow: Allow, place: string, field: string): string[] {
  if ('anywhere' in allow) {
    return allow.reason.trim() === ''
      ? [`${place} has ${field}.anywhere without a reason: write down why the addresses can't be listed.`]
      : [];
  }
  if (allow.cidrs.length === 0) {
    return [
      `${place} has no address in ${field}.cidrs, so nobody could call it: list CIDRs, or write { anywhere: true, reason }.`,
    ];
  }
  return allow.cidrs.flatMap((cidr) => cidrProblems(cidr, place, field));
}

/** An address and a prefix, with nothing around them and no zero before the prefix. */
const WRITTEN = /^[0-9a-f:.]+\/(0|[1-9][0-9]*)$/i;

function cidrProblems(cidr: string, place: string, field: string): string[] {
  const [address = ''] = cidr.split('/');
  const block = WRITTEN.test(cidr) ? parseCidr(cidr) : undefined;
  if (!block) {
    return [`${place} has '${cidr}' in ${field}.cidrs, which is no CIDR: write it as 203.0.113.0/24 or 2001:db8::/32.`];
  }
  const { family, first } = parseCidr(address) ?? block;
  if (family === 'IPV6' && first >> 32n === 0xffffn) {
    return [
      `${place} has '${cidr}' in ${field}.cidrs, an IPv4 address in IPv6 form that AWS WAF never matches: write the IPv4 CIDR.`,
    ];
  }
  if (block.prefix === 0) {
    return [
      `${place} has '${cidr}' in ${field}.cidrs, which is everybody: write { anywhere: true, reason: '…' } if that is meant.`,
    ];
  }
  return [];
}
