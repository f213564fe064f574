/**
 * What a team writes for one route: `export default processor({ on, schema, handler })` in
 * `lambdas/processors/<source>/<name>.ts`. Hookgate bundles each file into a function of its own.
 */
export interface ProcessorOptions<Payload> {
  /** Exact event type, `prefix.*`, or `*`. */
  readonly on: string;
  /** Any Standard Schema (zod, valibot, arktype): https://standardschema.dev. What it refuses is parked with its reason. */
  readonly schema: Schema<Payload>;
  /** DynamoDB tables the handler writes to, by short name; each has the string partition key `id`. */
  readonly tables?: readonly string[];
  /** Runs once per event; throws to have the event retried. */
  readonly handler: (event: ProcessorEvent<Payload>, context: ProcessorContext) => Promise<void> | void;
}

export interface Processor<Payload = unknown> extends ProcessorOptions<Payload> {
  readonly kind: 'processor';
}

/**
 * Declares a processor.
 *
 * @example
 * export default processor({
 *   on: 'payment.success',
 *   schema: z.object({ data: z.object({ order_id: z.string() }) }),
 *   tables: ['orders'],
 *   handler: async ({ payload }, { commit }) => {
 *     await commit([{ update: { table: 'orders', key: { id: payload.data.order_id }, set: { status: 'paid' } } }]);
 *   },
 * });
 */
export function processor<Payload>(options: ProcessorOptions<Payload>): Processor<Payload> {
  return { kind: 'processor', ...options };
}

export interface ProcessorEvent<Payload> {
  /** The provider's id of the event; absent when it sends none. */
  readonly id?: string;
  readonly type: string;
  readonly source: string;
  readonly orderKey?: string;
  /** When Hookgate received its first delivery. */
  readonly receivedAt: Date;
  /** The body, parsed and as the schema returned it. */
  readonly payload: Payload;
  /** The exact bytes that were signed. */
  readonly rawBody: Buffer;
}

export interface ProcessorContext {
  /** Stable over every retry and redrive of this event; pass it to whatever the handler calls. */
  readonly idempotencyKey: string;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** Aborted shortly before the function's deadline. */
  readonly signal: AbortSignal;
  readonly log: ProcessorLog;
  /**
   * Writes and marks the event DONE in one DynamoDB transaction: the effect happens exactly once.
   * `refused`: a condition of yours did not hold; nothing was written and the event is not done.
   * At most 99 writes; once per event.
   */
  readonly commit: (writes: readonly Write[]) => Promise<'committed' | 'refused'>;
}

/** Named fields only; what is logged must be nothing secret or personal. */
export interface ProcessorLog {
  info(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
  warn(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
}

/** Plain JSON values, as DynamoDB stores them. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };
export type Item = Readonly<Record<string, Value>>;

export interface Condition {
  /** A DynamoDB condition expression with `#name` and `:value` placeholders. */
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Item;
}

/** One write of a `commit`. `set` leaves the item's other attributes as they are. */
export type Write =
  | { readonly put: { readonly table: string; readonly item: Item; readonly condition?: Condition } }
  | {
      readonly update: {
        readonly table: string;
        readonly key: Item;
        readonly set: Item;
        readonly condition?: Condition;
      };
    }
  | { readonly delete: { readonly table: string; readonly key: Item; readonly condition?: Condition } };

/** The part of a Standard Schema that Hookgate calls. */
export interface Schema<Output> {
  readonly '~standard': {
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Throw it when trying again cannot help: the event is parked at once, with this message as its reason. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
}
