import { Aws, Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  type Alarm,
  Dashboard as CloudWatchDashboard,
  PeriodOverride,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { chunksOf } from './alarms.ts';
import type { Watched } from './alarms/rule.ts';
import { dashboardLink, functionLink, queueLink } from './console-links.ts';
import { answers, cost, flow, processors, queues, refusals, safeguards } from './dashboard-graphs.ts';

export interface DashboardProps {
  readonly watched: Watched;
  readonly alarms: readonly Alarm[];
  /** In the stack of a group: what is about the stage as a whole is not there. */
  readonly ofGroup?: true;
  /** Those of the groups by their names, in the stage's own stack. */
  readonly groups?: Readonly<Record<string, Dashboard>>;
}

const WHOLE = 24;
/** Of one widget. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const MOST_ALARMS = 100;

/** One page that says how a stage does, or a group of it, read from the top as a webhook comes in. */
export class Dashboard extends Construct {
  readonly url: string;
  readonly dashboardName: string;

  constructor(scope: Construct, id: string, { watched, alarms, ofGroup, groups = {} }: DashboardProps) {
    super(scope, id);
    // In the stack of a group that stack's: the alarms there lead to the page of their own stack.
    const name = Aws.STACK_NAME;
    this.url = dashboardLink(name);
    const page = new CloudWatchDashboard(this, 'Page', {
      dashboardName: name,
      defaultInterval: Duration.hours(3),
      // Or CloudWatch would widen the periods with the time shown, and sums would no longer be by the minute.
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        chunksOf(MOST_ALARMS, alarms).map(
          (some) => new AlarmStatusWidget({ title: 'Alarms', alarms: some, width: WHOLE, height: 3 }),
        ),
        flow(watched),
        ...(ofGroup ? [] : [refusals(watched), answers(watched)]),
        processors(watched),
        queues(watched),
        safeguards(watched),
        ...(ofGroup ? [] : [cost(watched)]),
        [new TextWidget({ markdown: links(watched, groups), width: WHOLE, height: 6 })],
      ],
    });
    this.dashboardName = page.dashboardName;
  }
}

function links({ routes, verifier }: Watched, groups: Readonly<Record<string, Dashboard>>): string {
  const row = (name: string, links: Readonly<Record<string, string>>) =>
    `| ${name} | ${Object.entries(links)
      .map(([label, url]) => `[${label}](${url})`)
      .join(' · ')} |`;
  return [
    '| | |',
    '|---|---|',
    row('verifier', { function: functionLink(verifier.lambda.functionName) }),
    ...routes.map((route) =>
      row(route.fullName, {
        processor: functionLink(route.processor.lambda.functionName),
        queue: queueLink(route.queueName('main')),
        'dead letters': queueLink(route.queueName('dead')),
        parked: queueLink(route.queueName('parked')),
      }),
    ),
    ...Object.entries(groups).map(([name, { dashboardName }]) =>
      row(`group ${name}`, { dashboard: dashboardLink(dashboardName) }),
    ),
  ].join('\n');
}
