/** A length of time. */
export type Seconds = number;

/**
 * What a team writes for one route: `export default processor({ on, schema, handler })` in
 * `lambdas/processors/<source>/<name>.ts`. Hookgate bundles each file into a function of its own.
 */
export type ProcessorOptions<Payload> = OneByOneOptions<Payload> | InBulkOptions<Payload>;
type OneByOneOptions<Payload> = RouteOptions<Payload> & OneByOne<Payload>;
type InBulkOptions<Payload> = RouteOptions<Payload> & InBulk<Payload>;

export interface RouteOptions<Payload> {
  /** Exact event type, `prefix.*`, or `*`. */
  readonly on: string;
  /** Any Standard Schema (zod, valibot, arktype): https://standardschema.dev. What it refuses is parked with its reason. */
  readonly schema: Schema<Payload>;
  /** DynamoDB tables the handler writes to, by short name; each has the string partition key `id`. */
  readonly tables?: readonly string[];
  /** How a failure is tried again. */
  readonly retry?: RetryOptions;
  /**
   * How long one execution of the function may take, 3 to 300; a handler has a second less.
   * @default 30
   */
  readonly timeout?: Seconds;
  /**
   * JSON pointer (RFC 6901) into the body: events with the same value there run one after the other, in the order in
   * which they were queued, and those behind one that fails wait until it is done or parked. The queues are FIFO then.
   * An event without a value there waits for no other.
   *
   * @default - events run in any order, several at once
   */
  readonly ordered?: `/${string}`;
}

export interface RetryOptions {
  /**
   * Tries on the main queue, and again as a dead letter, before the event moves on: 1 to 5.
   * @default 5
   */
  readonly tries?: number;
  /**
   * Wait after the first failure; it doubles from failure to failure.
   * @default 30
   */
  readonly firstWait?: Seconds;
  /**
   * Longest wait between two tries, at most 41,400 (11.5 hours).
   * @default 900
   */
  readonly longestWait?: Seconds;
  /**
   * Whether a dead letter is tried again by itself. Where not, an event is parked when its tries on the main queue are
   * spent, and its message waits in the dead-letter queue for a person. So it is on an ordered route, whatever is said
   * here: an event that ran later would run after those that came after it.
   *
   * @default true
   */
  readonly deadLetters?: boolean;
}

/** A handler of one event. */
export interface OneByOne<Payload> {
  /** Runs once per event; throws to have the event retried. */
  readonly handler: (event: ProcessorEvent<Payload>, context: ProcessorContext) => Promise<void> | void;
  readonly handleBatch?: never;
}

/** A handler of all events that one execution was handed, for what is cheaper in bulk. */
export interface InBulk<Payload> {
  /**
   * Runs once for up to ten events, each of them claimed, ended and retried by itself. Returns what became of each, in
   * their order, or nothing when all of them are done; what it throws counts for all. An event whose `commit` went
   * through is done whatever is returned for it.
   */
  readonly handleBatch: (
    events: readonly BatchEvent<Payload>[],
    context: BatchContext,
  ) => Promise<readonly EventOutcome[] | void>;
  readonly handler?: never;
}

/** `done`, or the error that a handler of this one event would have thrown. */
export type EventOutcome = 'done' | Error;

interface Kind {
  readonly kind: 'processor';
}

export type Processor<Payload = unknown> = ProcessorOptions<Payload> & Kind;

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
export function processor<Payload>(options: OneByOneOptions<Payload>): OneByOneOptions<Payload> & Kind;
export function processor<Payload>(options: InBulkOptions<Payload>): InBulkOptions<Payload> & Kind;
export function processor<Payload>(options: ProcessorOptions<Payload>): Processor<Payload> {
  return { kind: 'processor', ...options };
}

export interface ProcessorEvent<Payload> {
  /** The provider's id of the event; absent when it sends none. */
  readonly id?: string;
  readonly type: string;
  readonly source: string;
  readonly orderKey?: string;
  /** When it happened, as the provider says in its body; absent when it doesn't, or not in a way that its declaration knows. */
  readonly occurredAt?: Date;
  /** When Hookgate received its first delivery. */
  readonly receivedAt: Date;
  /** The body, parsed and as the schema returned it: its JSON, or an object of the fields of a form. */
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
   * At most 99 writes; once per event: a second one throws, after a refused one another may be tried.
   */
  readonly commit: (writes: readonly Write[]) => Promise<'committed' | 'refused'>;
}

/** An event of a batch, with what a handler of it alone gets in its context. */
export type BatchEvent<Payload> = ProcessorEvent<Payload> &
  Pick<ProcessorContext, 'idempotencyKey' | 'attempt' | 'commit'>;

export type BatchContext = Pick<ProcessorContext, 'signal' | 'log'>;

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

/**
 * Throw it to have the event tried again at a time of your own instead of after the usual wait, however soon or late that
 * is. It costs a try as any failure does, so that no event waits for ever, but says nothing against what the handler
 * calls: the breaker doesn't count it. The queue holds an event for at most 11.5 hours at a time.
 */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly after: Seconds | Date;

  /** @param after seconds from now, or a time */
  constructor(after: Seconds | Date, message = 'the handler asked for a later try') {
    super(message);
    this.after = after;
  }
}

/** Throw it when trying again cannot help: the event is parked at once, with this message as its reason. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
}
