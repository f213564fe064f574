import { randomUUID } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { readIfThere, writeAtomically } from '../atomic-file.ts';
import { AwsError } from '../aws/error.ts';
import { type Action, type Json, type RunningService, serveJson } from '../aws/json-server.ts';
import type { Guard } from '../iam/guard.ts';
import { Refusal } from '../refusal.ts';

/** Of AWS WAF. https://docs.aws.amazon.com/waf/latest/developerguide/limits.html */
const MOST_ADDRESSES = 10_000;

export interface IpSetsApiOptions {
  /** By ARN; the web ACL looks into it at each request, and a set that is replaced is replaced in it. */
  readonly sets: Map<string, readonly string[]>;
  /** Of the sets' ARNs, up to the id: `arn:aws:wafv2:<region>:<account>:regional/ipset/`. */
  readonly arnPrefix: string;
  /** Keeps what was replaced over restarts, until the template gives the set other addresses: as CloudFormation does. */
  readonly path: string;
  readonly guard: Guard;
}

/** By ARN: what the template gave when the set was replaced, and what it was replaced by. */
type Kept = Record<string, { readonly template: readonly string[]; readonly addresses: readonly string[] }>;

/**
 * The part of AWS WAF's API that acts on IP sets: `GetIPSet` and `UpdateIPSet` with its lock token.
 * https://docs.aws.amazon.com/waf/latest/APIReference/API_UpdateIPSet.html
 */
export function startIpSetsApi({ sets, arnPrefix, path, guard }: IpSetsApiOptions): Promise<RunningService> {
  const templates = new Map(sets);
  const kept = load(path);
  for (const [arn, { template, addresses }] of Object.entries(kept)) {
    if (sets.get(arn)?.join() === template.join()) sets.set(arn, addresses);
    else Reflect.deleteProperty(kept, arn);
  }
  const tokens = new Map([...sets.keys()].map((arn) => [arn, randomUUID() as string]));
  const arnOf = ({ Id, Scope }: Json) => {
    const arn = arnPrefix + String(Id);
    if (Scope !== 'REGIONAL' || !sets.has(arn)) {
      throw new AwsError('WAFNonexistentItemException', 'AWS WAF couldn’t perform the operation: no such resource.');
    }
    return arn;
  };
  return serveJson({
    contentType: 'application/x-amz-json-1.1',
    errorPrefix: '',
    authorize: (action, input, headers) => {
      const caller = guard.callerOf(headers);
      const resource = arnPrefix + String(input['Id']);
      const refusal = caller && guard.refusal(caller, [{ action: `wafv2:${action}`, resource }]);
      if (refusal !== undefined) throw new AwsError('AccessDeniedException', refusal);
    },
    actions: new Map<string, Action>([
      [
        'GetIPSet',
        (input: Json) => {
          const arn = arnOf(input);
          const addresses = sets.get(arn) ?? [];
          const IPAddressVersion = addresses.some((address) => address.includes(':')) ? 'IPV6' : 'IPV4';
          const IPSet = { Name: input['Name'], Id: input['Id'], ARN: arn, IPAddressVersion, Addresses: addresses };
          return { IPSet, LockToken: tokens.get(arn) };
        },
      ],
      [
        'UpdateIPSet',
        (input: Json) => {
          const arn = arnOf(input);
          const addresses = addressesIn(input['Addresses']);
          if (input['LockToken'] !== tokens.get(arn)) {
            throw new AwsError('WAFOptimisticLockException', 'AWS WAF couldn’t save your changes: someone changed it.');
          }
          const NextLockToken = randomUUID();
          sets.set(arn, addresses);
          tokens.set(arn, NextLockToken);
          kept[arn] = { template: templates.get(arn) ?? [], addresses };
          writeAtomically(path, JSON.stringify(kept));
          return { NextLockToken };
        },
      ],
    ]),
  });
}

function load(path: string): Kept {
  try {
    const kept = JSON.parse(readIfThere(path) ?? '{}') as unknown;
    if (!isKept(kept)) throw new Error('it is no record of IP sets');
    return kept;
  } catch (error) {
    throw new Refusal(
      `${path} can't be read (${error instanceof Error ? error.message : String(error)}). ` +
        'It holds the addresses that functions have put into IP sets: restore it, or move it away to start with the template’s.',
    );
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value as Record<string, unknown>).every((set) => {
    const { template, addresses } = Object(set) as Partial<Record<'template' | 'addresses', unknown>>;
    return Array.isArray(template) && Array.isArray(addresses);
  });
}

function addressesIn(value: unknown): readonly string[] {
  const addresses = Array.isArray(value) ? value.map(String) : undefined;
  if (!addresses || addresses.length > MOST_ADDRESSES) throw invalid('ADDRESSES', String(addresses?.length));
  for (const address of addresses) {
    const [network = '', bits = ''] = address.split('/');
    const most = isIPv4(network) ? 32 : isIPv6(network) ? 128 : 0;
    // https://docs.aws.amazon.com/waf/latest/APIReference/API_IPSet.html: every CIDR range but /0.
    if (!/^[0-9]+$/.test(bits) || Number(bits) < 1 || Number(bits) > most) throw invalid('IP_ADDRESS', address);
  }
  return addresses;
}

function invalid(field: string, value: string): AwsError {
  return new AwsError('WAFInvalidParameterException', `Error reason: invalid, field: ${field}, parameter: ${value}`);
}
