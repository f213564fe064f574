import { AwsError } from '../aws/error.ts';
import { type Action, type Json, type RunningService, serveJson } from '../aws/json-server.ts';
import { DYNALITE_ACTIONS, promised, run, type Store, validate } from './dynalite.ts';
import { toAwsError } from './errors.ts';
import { keepParsedExpressions } from './parsed-expressions.ts';
import type { Guard } from '../iam/guard.ts';
import { dynamodbNeeds } from '../iam/needs/dynamodb.ts';
import { openStore, whenActive } from './store.ts';
import { deleteExpired, describeTimeToLive, updateTimeToLive } from './time-to-live.ts';
import { forgetTokens, transactGetItems, transactWriteItems } from './transactions.ts';
import { prepareWrite, type Write, writeTogether } from './write.ts';

export interface DynamodbOptions {
  /** Folder of the LevelDB database; in memory when absent. */
  readonly path?: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How often expired items are looked for, in milliseconds. */
  readonly sweepEveryMs: number;
  readonly guard: Guard;
  /** Of the tables' ARNs: `arn:aws:dynamodb:<region>:<account>:table/`. */
  readonly arnPrefix: string;
}

/** DynamoDB on this machine: dynalite with transactions, TTL and `ReturnValuesOnConditionCheckFailure`. */
export async function startDynamodb(options: DynamodbOptions): Promise<RunningService> {
  const { path, now, sweepEveryMs, guard, arnPrefix } = options;
  keepParsedExpressions();
  const store = await openStore(path);

  const actions = new Map<string, Action>();
  for (const name of DYNALITE_ACTIONS) actions.set(name, (input) => run(store, name, validate(store, name, input)));
  for (const name of ['PutItem', 'UpdateItem', 'DeleteItem'] as const) {
    actions.set(name, (input) => writeOne(store, name, input));
  }
  for (const name of ['CreateTable', 'UpdateTable'] as const) {
    actions.set(name, async (input) => {
      const answer = await run(store, name, validate(store, name, input));
      await whenActive(store, String(input['TableName']));
      return answer;
    });
  }
  actions.set('DeleteTable', async (input) => {
    const answer = await run(store, 'DeleteTable', validate(store, 'DeleteTable', input));
    store.forgetTable?.(String(input['TableName']));
    return answer;
  });
  actions.set('TransactWriteItems', (input) => transactWriteItems(store, input, now()));
  actions.set('TransactGetItems', (input) => transactGetItems(store, input));
  actions.set('UpdateTimeToLive', (input) => updateTimeToLive(store, input));
  actions.set('DescribeTimeToLive', (input) => describeTimeToLive(store, input));

  const service = await serveJson({
    contentType: 'application/x-amz-json-1.0',
    errorPrefix: 'com.amazonaws.dynamodb.v20120810#',
    authorize: (action, input, headers) => {
      const caller = guard.callerOf(headers);
      const refusal = caller && guard.refusal(caller, dynamodbNeeds(action, input, arnPrefix, guard));
      if (refusal !== undefined) throw new AwsError('AccessDeniedException', refusal);
    },
    actions: new Map([...actions].map(([name, action]) => [name, inAwsTerms(action)])),
  });
  const sweeper = setInterval(() => void sweep(store, now()), sweepEveryMs);
  return {
    url: service.url,
    close: async () => {
      clearInterval(sweeper);
      await service.close();
      await promised<void>((done) => store.db.close(done));
    },
  };
}

function inAwsTerms(action: Action): Action {
  return async (input, headers) => {
    try {
      return await action(input, headers);
    } catch (error) {
      throw toAwsError(error);
    }
  };
}

async function writeOne(store: Store, name: Write['action'], input: Json): Promise<Json> {
  const write = await prepareWrite(store, name, input);
  const [outcome] = await writeTogether(store, [write]);
  if (!outcome) throw new Error('one write has one outcome');
  if (!outcome.refused) return outcome.answer;
  const error = toAwsError(outcome.error);
  if (write.returnOld && outcome.existing && error.code === 'ConditionalCheckFailedException') {
    Object.assign(error, { detail: { Item: outcome.existing } });
  }
  throw error;
}

async function sweep(store: Store, now: number): Promise<void> {
  try {
    await deleteExpired(store, now);
    await forgetTokens(store, now);
  } catch (error) {
    // The next sweep tries again; DynamoDB itself promises no more than "within a few days".
    process.stderr.write(`TTL sweep failed: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
