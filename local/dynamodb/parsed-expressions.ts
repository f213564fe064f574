import { createRequire } from 'node:module';

/**
 * Keeps what dynalite's expression parsers made of an expression. They cost more than the write itself, and a program
 * sends the same few expressions over and over, with other values. The tree refers to the values it was given, so a
 * kept tree is copied with the new values in their places.
 */
interface Context {
  readonly attrNames?: Readonly<Record<string, string>>;
  readonly attrVals?: Readonly<Record<string, object>>;
  readonly unusedAttrNames: Record<string, boolean>;
  readonly unusedAttrVals: Record<string, boolean>;
  readonly isKeyCondition?: boolean;
}

interface Parser {
  parse: (expression: string, options: { context: Context }) => unknown;
}

interface Kept {
  readonly tree: unknown;
  /** The values in the tree, each with its name. */
  readonly values: ReadonlyMap<object, string>;
  readonly usedNames: readonly string[];
  readonly usedValues: readonly string[];
}

const MOST_KEPT = 500;
/** What the parsers check by value and not by type must be parsed each time. */
const BY_VALUE = /between|attribute_type/i;

const load = createRequire(import.meta.url);

export function keepParsedExpressions(): void {
  for (const name of ['conditionParser', 'updateParser']) {
    const parser = load(`dynalite/db/${name}`) as Parser;
    parser.parse = keeping(parser.parse);
  }
}

function keeping(parse: Parser['parse']): Parser['parse'] {
  const trees = new Map<string, Kept>();
  return (expression, options) => {
    const { context } = options;
    if (BY_VALUE.test(expression)) return parse(expression, options);
    const key = keyOf(expression, context);
    const known = trees.get(key);
    if (known) return reuse(known, context);
    const kept = parseOnce(parse, expression, options);
    // An expression with a mistake: parsed again, so that the refusal names the caller's own values.
    if (typeof kept.tree === 'string') return parse(expression, options);
    if (trees.size >= MOST_KEPT) trees.clear();
    trees.set(key, kept);
    return reuse(kept, context);
  };
}

function keyOf(expression: string, { attrNames, attrVals = {}, isKeyCondition }: Context): string {
  const types = Object.entries(attrVals).map(([name, value]) => `${name} ${Object.keys(value).join()}`);
  return JSON.stringify([expression, attrNames, types, isKeyCondition]);
}

function parseOnce(parse: Parser['parse'], expression: string, options: { context: Context }): Kept {
  const { context } = options;
  const stands = Object.fromEntries(
    Object.entries(context.attrVals ?? {}).map(([name, value]) => [name, { ...value }]),
  );
  const unusedAttrNames = { ...context.unusedAttrNames };
  const unusedAttrVals = { ...context.unusedAttrVals };
  const attrVals = context.attrVals && { attrVals: stands };
  const tree = parse(expression, { ...options, context: { ...context, ...attrVals, unusedAttrNames, unusedAttrVals } });
  return {
    tree,
    values: new Map(Object.entries(stands).map(([name, stand]) => [stand, name])),
    usedNames: Object.keys(context.unusedAttrNames).filter((name) => !(name in unusedAttrNames)),
    usedValues: Object.keys(context.unusedAttrVals).filter((name) => !(name in unusedAttrVals)),
  };
}

function reuse({ tree, values, usedNames, usedValues }: Kept, context: Context): unknown {
  for (const name of usedNames) delete context.unusedAttrNames[name];
  for (const name of usedValues) delete context.unusedAttrVals[name];
  const copy = (node: unknown): unknown => {
    if (typeof node !== 'object' || node === null) return node;
    const name = values.get(node);
    if (name !== undefined) return context.attrVals?.[name];
    if (Array.isArray(node)) return node.map(copy);
    const target = Object.create(Object.getPrototypeOf(node) as object | null) as Record<string, unknown>;
    for (const [member, value] of Object.entries(node)) target[member] = copy(value);
    return target;
  };
  return copy(tree);
}
