import { type Part, type Slot, slotsOf } from '../lambdas/core/scheme/part.ts';
import type { Provider } from '../lambdas/core/scheme/provider.ts';

type Json = Record<string, unknown>;

/**
 * The least a provider's event has: its id, its type and what is signed, each where the declaration looks for it.
 * For providers without a file in `examples/events`.
 */
export function bareEvent(provider: Provider, type: string, id: string): Buffer {
  const [firstId] = provider.id;
  const [firstType] = provider.type;
  const blank = new Blank();
  for (const slot of signedSlots(provider)) blank.write(slot, 'sample');
  if (firstId !== undefined) blank.write(firstId, id);
  if (firstType !== undefined) blank.write(firstType, type);
  const places = [firstType ?? '', ...signedSlots(provider)].flatMap(slotsOf);
  return blank.body(places.some(({ slot }) => FORMS.has(slot)));
}

const FORMS: ReadonlySet<string> = new Set(['form', 'sortedForm']);

/** The parts of a body that a scheme signs one by one; the signature and the time are the signer's to write. */
function signedSlots({ scheme }: Provider): readonly Slot[] {
  const parts = 'content' in scheme ? scheme.content : 'covers' in scheme ? scheme.covers : [];
  return parts.flatMap((part) => (typeof part === 'string' ? [] : [part]));
}

/** A body that is written place by place, as JSON and as a form until it is known which. */
class Blank {
  readonly #json: Json = { sample: true };
  readonly #form = new Map<string, string>([['sample', 'true']]);

  write(part: Part, text: string): void {
    if (typeof part === 'string') return;
    switch (part.slot) {
      case 'json':
        setAt(this.#json, part.pointer, text);
        break;
      case 'form':
        this.#form.set(part.name, text);
        break;
      case 'jsonIn':
        this.#writeInside(part.of, part.pointer, text);
        break;
      case 'base64':
        this.write(part.of, Buffer.from(text).toString('base64'));
        break;
      case 'lower':
      case 'capture':
        this.write(part.of, text);
        break;
      case 'optional':
      case 'joined':
        this.#writeJoined(part.parts, text);
        break;
      default:
      // Headers, the URL and claims are the signer's to write.
    }
  }

  /** `a.b` over two places with a `.` between: each gets its share. */
  #writeJoined(parts: readonly Part[], text: string): void {
    let rest = text;
    for (const [index, part] of parts.entries()) {
      if (typeof part === 'string') continue;
      const divider = parts.slice(index + 1).find((later) => typeof later === 'string');
      const end = divider === undefined || !rest.includes(divider) ? rest.length : rest.indexOf(divider);
      this.write(part, rest.slice(0, end) || 'sample');
      rest = rest.slice(end + (divider?.length ?? 0));
    }
  }

  #writeInside(of: Slot, pointer: readonly string[], text: string): void {
    if (of.slot !== 'form') return;
    const inner = JSON.parse(this.#form.get(of.name) ?? '{}') as Json;
    setAt(inner, pointer, text);
    this.#form.set(of.name, JSON.stringify(inner));
  }

  body(form: boolean): Buffer {
    return Buffer.from(form ? new URLSearchParams([...this.#form]).toString() : JSON.stringify(this.#json));
  }
}

/** Writes a member of JSON, with the objects and arrays on the way to it; `0` in a pointer means an array. */
export function setAt(root: Json, pointer: readonly string[], value: string): void {
  let at = root;
  for (const [index, step] of pointer.entries()) {
    const next = pointer[index + 1];
    if (next === undefined) {
      at[step] = value;
      return;
    }
    const there = at[step];
    const deeper = typeof there === 'object' && there !== null ? there : next === '0' ? [] : {};
    at[step] = deeper;
    at = deeper as Json;
  }
}
