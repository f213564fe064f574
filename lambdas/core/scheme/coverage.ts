import { type Part, type Slot, slotsOf } from './part.ts';
import { type Dedupe, type Provider, type Scheme } from './provider.ts';

/** What a scheme's signature covers, derived from its declaration so that the two can't disagree. */
export interface Coverage {
  readonly body: boolean;
  readonly slots: readonly Slot[];
}

export function coverageOf(scheme: Scheme): Coverage {
  switch (scheme.algorithm) {
    case 'token':
      return { body: false, slots: [] };
    case 'code':
      return covering(scheme.covers.flatMap(slotsOf));
    case 'HS256':
    case 'HS384':
    case 'HS512':
    case 'ES256':
    case 'RS256': {
      const slots = [...Object.values(scheme.hashed ?? {}).map(({ of }) => of), ...Object.values(scheme.equal ?? {})];
      return covering(slots.flatMap(slotsOf));
    }
    default: {
      const coverage = covering(scheme.content.flatMap(slotsOf));
      const body = coverage.body || scheme.bodyHash !== undefined || scheme.wholeBody !== undefined;
      return { ...coverage, body };
    }
  }
}

function covering(slots: readonly Slot[]): Coverage {
  return { slots, body: slots.some(({ slot }) => slot === 'body' || slot === 'sortedForm') };
}

/** Whether nobody without the key could have put another value there. */
export function isSigned(part: Part, coverage: Coverage): boolean {
  if (typeof part === 'string') return true;
  switch (part.slot) {
    case 'claim':
    case 'setting':
      return true;
    case 'lower':
    case 'base64':
    case 'capture':
    case 'jsonIn':
      return isSigned(part.of, coverage) || coverage.slots.some((slot) => samePlace(slot, part));
    case 'joined':
    case 'optional':
      return part.parts.every((inner) => isSigned(inner, coverage));
    case 'body':
    case 'json':
    case 'form':
    case 'sortedForm':
      return coverage.body || coverage.slots.some((slot) => samePlace(slot, part));
    case 'query':
      return coverage.slots.some((slot) => slot.slot === 'url' || samePlace(slot, part));
    default:
      return coverage.slots.some((slot) => samePlace(slot, part));
  }
}

function samePlace(one: Slot, other: Slot): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The candidates for the id that the signature covers: first the header it names, which is the delivery's own. */
export function signedIds(provider: Provider): readonly Part[] {
  const coverage = coverageOf(provider.scheme);
  const signed = provider.id.filter((part) => isSigned(part, coverage));
  return [...signed.filter(isHeader), ...signed.filter((part) => !isHeader(part))];
}

function isHeader(part: Part): boolean {
  return typeof part === 'object' && part.slot === 'header';
}

export function dedupeOf(provider: Provider, override?: Dedupe): Dedupe {
  const chosen = override ?? provider.dedupe;
  if (chosen) return chosen;
  if (provider.scheme.algorithm === 'token') return 'body';
  return signedIds(provider).length > 0 ? 'id' : 'content';
}
