import { Aws } from 'aws-cdk-lib';
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Watched } from './alarms/rule.ts';
import type { GatewayFunction } from './gateway-function.ts';
import type { SecurityLog } from './security-log.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html */
const MOST_GROUPS = 50;

export interface LogQueriesProps {
  readonly watched: Pick<Watched, 'verifier' | 'routes'>;
  /** What the stage has beside; not in the stack of a group. `operators`: functions whose logs say who did what. */
  readonly stage?: { readonly operators: readonly GatewayFunction[]; readonly security: SecurityLog };
}

/**
 * Questions that people ask, saved in CloudWatch Logs Insights: each knows its log groups.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html
 */
export class LogQueries extends Construct {
  constructor(scope: Construct, id: string, { watched, stage }: LogQueriesProps) {
    super(scope, id);
    const groupOf = ({ lambda }: GatewayFunction) => lambda.logGroup.logGroupName;
    const verifier = groupOf(watched.verifier);
    const operators = stage?.operators.map(groupOf) ?? [];
    const processors = watched.routes.map(({ processor }) => groupOf(processor));

    this.save(
      'What became of an event',
      [verifier, ...processors, ...operators],
      [
        'fields @timestamp, @log, message, attempt, ms, reason',
        "filter key = 'SOURCE#ID' or id = 'ID'",
        'sort @timestamp',
      ],
    );
    this.save('Why events fail', processors, [
      "filter message in ['failed', 'parked', 'quarantined']",
      'stats count() as attempts, count_distinct(key) as events, latest(@timestamp) as last by @log, message, reason',
      'sort attempts desc',
    ]);
    this.save('Slowest events', processors, [
      "filter message = 'done'",
      'fields @timestamp, key, attempt, ms',
      'sort ms desc',
      'limit 50',
    ]);
    this.save(
      'Our faults',
      [verifier, ...processors],
      [
        "filter level = 'ERROR' or message = 'unavailable'",
        'stats count() as times, latest(@timestamp) as last by @log, message, reason',
        'sort times desc',
      ],
    );
    if (stage) this.saveOfStage(verifier, operators, stage.security.logGroup.logGroupName);
  }

  private saveOfStage(verifier: string, operators: readonly string[], refused: string): void {
    this.save(
      'Who is refused and why',
      [refused],
      [
        'stats count() as attempts, count_distinct(signature) as signatures, latest(time) as last by source, reason, address',
        'sort attempts desc',
      ],
    );
    this.save(
      'Types that no route wants',
      [verifier],
      [
        "filter message = 'filtered'",
        'parse key "*#*" as source, id',
        'stats count() as events by source, type',
        'sort events desc',
      ],
    );
    this.save('Who did what', operators, [
      'filter ispresent(who)',
      'fields @timestamp, message, who, why, source, route, id, outcome',
      'sort @timestamp desc',
    ]);
  }

  private save(name: string, logGroupNames: readonly string[], lines: readonly string[]): void {
    if (logGroupNames.length === 0) return;
    new CfnQueryDefinition(this, name.replaceAll(' ', ''), {
      name: `${Aws.STACK_NAME}/${name}`,
      // The console asks no more at once; of very many routes the last ones are left out.
      logGroupNames: logGroupNames.slice(0, MOST_GROUPS),
      queryString: lines.join('\n| '),
    });
  }
}
