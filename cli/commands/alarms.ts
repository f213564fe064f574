import type { CloudWatchClient, CompositeAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { type Command, InvalidArgumentError } from 'commander';
import { awsFailure, type Connection, connect, type Where } from '../connection.ts';
import { Failure } from '../failure.ts';
import { suggestion } from '../nearest.ts';
import { withJson, withStage } from '../options.ts';
import { INVOCATION, print, printJson } from '../print.ts';
import { table } from '../table.ts';

interface Options extends Where {
  readonly json?: true;
}

/** One alarm as people see it. */
interface AlarmView {
  /** Without `hookgate-<stage>-`. */
  readonly alarm: string;
  readonly state: string;
  /** ISO 8601. */
  readonly since: string | null;
  readonly reason: string;
  readonly runbook: string | null;
}

interface Known {
  readonly view: AlarmView;
  /** Of a composite: the alarms of which any lets it ring. */
  readonly of?: readonly string[];
}

export function addAlarms(program: Command): void {
  const command = program
    .command('alarms')
    .summary('list the alarms: what rings comes first')
    .description(
      'List the alarms of a stage with their state and the page that says what to do; what rings comes first.',
    );
  withJson(withStage(command)).action(listAlarms);
}

/** `alarm test`. */
export function addAlarm(program: Command): void {
  const command = program
    .command('alarm')
    .summary('let an alarm ring once, to see who is told')
    .description(
      'Let an alarm ring. It is over when it is evaluated next, within a minute. One that is composed of others rings by one of these, which is set and named.',
    )
    .argument('<action>', 'test', testNamed)
    .argument('<alarm>', 'as `alarms` lists it')
    .addHelpText(
      'after',
      `\nExamples:\n  ${INVOCATION} alarm test parked-inkress-payment-success\n  ${INVOCATION} alarm test gateway-unhealthy`,
    );
  withJson(withStage(command)).action((_test: string, name: string, options: Options) => testAlarm(name, options));
}

async function listAlarms(options: Options): Promise<void> {
  const connection = connect(options, process.env);
  const alarms = (await readAlarms(await connection.cloudWatch(), connection)).map(({ view }) => view);
  if (options.json) return printJson({ alarms });
  if (alarms.length === 0) return print(`Stage ${connection.stage} has no alarms.`);
  const rows = alarms.map(({ alarm, state, since, runbook }) => [alarm, state, since ?? '-', runbook ?? '-']);
  print(table(['ALARM', 'STATE', 'SINCE', 'RUNBOOK'], rows));
  for (const { alarm, reason } of alarms.filter(({ state }) => state === 'ALARM')) print(`\n${alarm}: ${reason}`);
}

async function testAlarm(name: string, options: Options): Promise<void> {
  const connection = connect(options, process.env);
  const client = await connection.cloudWatch();
  const alarms = await readAlarms(client, connection);
  const names = alarms.map(({ view }) => view.alarm);
  if (!names.includes(name)) throw new Failure(suggestion(name, names));
  const by = settable(name, alarms);
  if (by === undefined) throw new Failure(`${name} rings already: try it when that is over.`);
  const { SetAlarmStateCommand } = await import('@aws-sdk/client-cloudwatch');
  const AlarmName = prefixOf(connection) + by;
  const StateReason = 'Tried by `hookgate alarm test`.';
  await client
    .send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason }))
    .catch((error: unknown) => Promise.reject(awsFailure(error)));
  if (options.json) return printJson({ alarm: name, state: 'ALARM', by });
  if (by === name) print(`${name} rings until it is evaluated next, within a minute.`);
  else print(`${name} rings by ${by}, until that is evaluated next, within a minute. Both tell.`);
}

/**
 * The alarm to set so that another rings: itself, or of a composite one of those it is composed of. A composite that is set
 * itself stays so until one of these changes, and would tell of nothing meanwhile.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
 *
 * @returns undefined: it rings already
 */
function settable(name: string, alarms: readonly Known[]): string | undefined {
  const known = alarms.find(({ view }) => view.alarm === name);
  if (!known?.of) return known?.view.alarm;
  if (known.view.state === 'ALARM') return undefined;
  // Which goes back to OK tells that it is over; one without data may tell that it has none.
  const quiet = ['OK', 'INSUFFICIENT_DATA'].flatMap((state) =>
    (known.of ?? []).filter((other) => alarms.some(({ view }) => view.alarm === other && view.state === state)),
  );
  return quiet.map((other) => settable(other, alarms)).find((found) => found !== undefined);
}

async function readAlarms(client: CloudWatchClient, connection: Connection): Promise<readonly Known[]> {
  const { paginateDescribeAlarms } = await import('@aws-sdk/client-cloudwatch');
  const AlarmNamePrefix = prefixOf(connection);
  const known: Known[] = [];
  try {
    const pages = paginateDescribeAlarms(
      { client },
      { AlarmNamePrefix, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
    );
    for await (const { MetricAlarms = [], CompositeAlarms = [] } of pages) {
      known.push(
        ...MetricAlarms.map((alarm) => ({ view: viewOf(alarm, AlarmNamePrefix) })),
        ...CompositeAlarms.map((alarm) => ({
          view: viewOf(alarm, AlarmNamePrefix),
          of: composedOf(alarm.AlarmRule ?? '', AlarmNamePrefix),
        })),
      );
    }
  } catch (error) {
    if (connection.refused !== undefined && isRefused(error)) throw new Failure(connection.refused);
    throw awsFailure(error);
  }
  const order = (state: string) => ['ALARM', 'INSUFFICIENT_DATA', 'OK'].indexOf(state);
  return known.sort(({ view: a }, { view: b }) => order(a.state) - order(b.state) || (a.alarm < b.alarm ? -1 : 1));
}

/** Of `ALARM("…:alarm:hookgate-prod-parked-…") OR ALARM(…)`, as the stack writes it. */
function composedOf(rule: string, prefix: string): readonly string[] {
  return [...rule.matchAll(/ALARM\("([^"]+)"\)/g)].map(([, alarm = '']) =>
    alarm.slice(alarm.lastIndexOf(':') + 1).slice(prefix.length),
  );
}

function viewOf(alarm: MetricAlarm | CompositeAlarm, prefix: string): AlarmView {
  return {
    alarm: (alarm.AlarmName ?? '').slice(prefix.length),
    state: alarm.StateValue ?? '',
    since: alarm.StateTransitionedTimestamp?.toISOString() ?? null,
    reason: alarm.StateReason ?? '',
    runbook: /Runbook: (\S+)/.exec(alarm.AlarmDescription ?? '')?.[1] ?? null,
  };
}

function prefixOf({ stage }: Connection): string {
  return `hookgate-${stage}-`;
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}

function testNamed(text: string): 'test' {
  if (text === 'test') return text;
  throw new InvalidArgumentError(suggestion(text, ['test']));
}
