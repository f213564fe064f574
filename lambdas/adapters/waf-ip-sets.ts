import {
  GetIPSetCommand,
  UpdateIPSetCommand,
  WAFOptimisticLockException,
  type WAFV2Client,
} from '@aws-sdk/client-wafv2';
import type { IpSets } from '../core/addresses/follow.ts';

/**
 * AWS WAF's sets of addresses. A set is replaced as a whole, under the lock token of the read before.
 * https://docs.aws.amazon.com/waf/latest/APIReference/API_UpdateIPSet.html
 */
export function wafIpSets(client: WAFV2Client): IpSets {
  return {
    async read(set) {
      const { IPSet, LockToken } = await client.send(new GetIPSetCommand(nameOf(set)));
      if (!IPSet?.Addresses || LockToken === undefined) throw new Error(`AWS WAF answered without the set ${set}.`);
      return { addresses: IPSet.Addresses, token: LockToken };
    },
    async replace(set, addresses, token) {
      try {
        await client.send(new UpdateIPSetCommand({ ...nameOf(set), Addresses: [...addresses], LockToken: token }));
        return true;
      } catch (error) {
        if (error instanceof WAFOptimisticLockException) return false;
        throw error;
      }
    },
  };
}

/** `name|id|scope`, as `Ref` of AWS::WAFv2::IPSet gives it. */
function nameOf(set: string) {
  const [Name, Id, Scope] = set.split('|');
  if (!Name || !Id || Scope !== 'REGIONAL') throw new Error(`"${set}" names no regional set of AWS WAF.`);
  return { Name, Id, Scope: 'REGIONAL' as const };
}
