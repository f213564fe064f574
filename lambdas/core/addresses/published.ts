import { addressSet } from './cidr.ts';
import type { Allowlists } from './follow.ts';
import type { Clock } from '../ports.ts';

/** Says whether an address is on the list in force; undefined while there is none to hold it against. */
export type Published = (provider: string) => Promise<((address: string) => boolean) | undefined>;

const HELD_MS = 5 * 60_000;
const AGAIN_AFTER_FAILURE_MS = 60_000;

/**
 * The published addresses as a container knows them: one read in five minutes for each provider. A list that can't be
 * read stays as it was; without any, AWS WAF alone looks at addresses, and the signature has proved the sender already.
 */
export function publishedAddresses(
  allowlists: Pick<Allowlists, 'read'>,
  clock: Pick<Clock, 'now'>,
  failed: (provider: string, error: unknown) => void,
): Published {
  const held = new Map<string, { contains: ((address: string) => boolean) | undefined; until: number }>();
  return async (provider) => {
    const known = held.get(provider);
    if (known && clock.now() < known.until) return known.contains;
    try {
      const { cidrs } = (await allowlists.read(provider)) ?? { cidrs: [] };
      const contains = cidrs.length > 0 ? addressSet(cidrs) : undefined;
      held.set(provider, { contains, until: clock.now() + HELD_MS });
      return contains;
    } catch (error) {
      failed(provider, error);
      held.set(provider, { contains: known?.contains, until: clock.now() + AGAIN_AFTER_FAILURE_MS });
      return known?.contains;
    }
  };
}
