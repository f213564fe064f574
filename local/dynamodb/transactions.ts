import { createHash } from 'node:crypto';
import { AwsError } from '../aws/error.ts';
import type { Json } from '../aws/json-server.ts';
import { promised, run, type Store, validate } from './dynalite.ts';
import { toAwsError } from './errors.ts';
import { prepareWrite, type Outcome, type Write, writeTogether } from './write.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const MAX_ACTIONS = 100;
/** How long a repeated `ClientRequestToken` is recognised. */
const TOKEN_LIFE_MS = 10 * 60 * 1000;
const TOKEN_PREFIX = 'token~';

const KINDS = {
  Put: { action: 'PutItem', checkOnly: false },
  Update: { action: 'UpdateItem', checkOnly: false },
  Delete: { action: 'DeleteItem', checkOnly: false },
  ConditionCheck: { action: 'DeleteItem', checkOnly: true },
} as const;

interface Token {
  readonly hash: string;
  readonly at: number;
}

/** All writes or none, with the reasons per write; a repeated token answers without writing again. */
export async function transactWriteItems(store: Store, input: Json, now: number): Promise<Json> {
  const items = list(input['TransactItems']);
  const token = typeof input['ClientRequestToken'] === 'string' ? input['ClientRequestToken'] : undefined;
  const hash = createHash('sha256').update(JSON.stringify(items)).digest('hex');
  if (token && isRepeated(store, token, hash, now)) return {};

  const writes: Write[] = [];
  for (const item of items) writes.push(await prepare(store, item));
  if (new Set(writes.map(({ table, key }) => `${table}~${key}`)).size < writes.length) {
    throw invalid('Transaction request cannot include multiple operations on one item');
  }
  const also = token ? [{ type: 'put', key: TOKEN_PREFIX + token, value: { hash, at: now } } as const] : [];
  const outcomes = await writeTogether(store, writes, also);
  if (outcomes.some((outcome) => outcome.refused)) throw cancelled(writes, outcomes);
  return {};
}

export async function transactGetItems(store: Store, input: Json): Promise<Json> {
  const responses: Json[] = [];
  for (const item of list(input['TransactItems'])) {
    const data = validate(store, 'GetItem', { ...(item['Get'] as Json), ConsistentRead: true });
    const { Item } = await run(store, 'GetItem', data);
    responses.push(Item === undefined ? {} : { Item });
  }
  return { Responses: responses };
}

/** Forgets tokens that no longer count. */
export async function forgetTokens(store: Store, now: number): Promise<void> {
  for await (const [key, value] of store.db.iterator({ gte: TOKEN_PREFIX, lt: `${TOKEN_PREFIX}\uffff` })) {
    if ((value as Token).at + TOKEN_LIFE_MS > now) continue;
    await promised<void>((done) => store.db.batch([{ type: 'del', key }], done));
  }
}

function list(value: unknown): Json[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_ACTIONS) {
    throw invalid(`Member must have length between 1 and ${MAX_ACTIONS}: transactItems`);
  }
  return value as Json[];
}

async function prepare(store: Store, item: Json): Promise<Write> {
  const kind = (Object.keys(KINDS) as (keyof typeof KINDS)[]).find((name) => item[name] !== undefined);
  if (!kind) throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
  const { action, checkOnly } = KINDS[kind];
  return prepareWrite(store, action, item[kind] as Json, checkOnly);
}

function isRepeated(store: Store, token: string, hash: string, now: number): boolean {
  const known = store.db.getSync(TOKEN_PREFIX + token) as Token | undefined;
  if (!known || known.at + TOKEN_LIFE_MS <= now) return false;
  if (known.hash !== hash) {
    throw new AwsError('IdempotentParameterMismatchException', 'The token was used with other parameters.');
  }
  return true;
}

function cancelled(writes: readonly Write[], outcomes: readonly Outcome[]): AwsError {
  const reasons = outcomes.map((outcome, index) => {
    if (!outcome.refused) return { Code: 'None' };
    const error = toAwsError(outcome.error);
    if (error.code !== 'ConditionalCheckFailedException') return { Code: 'ValidationError', Message: error.message };
    return {
      Code: 'ConditionalCheckFailed',
      Message: error.message,
      ...(writes[index]?.returnOld && outcome.existing && { Item: outcome.existing }),
    };
  });
  const codes = reasons.map((reason) => reason.Code).join(', ');
  return new AwsError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { detail: { CancellationReasons: reasons } },
  );
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
