import { NestedStack } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import type { Watched } from './alarms/rule.ts';
import type { Api } from './api.ts';
import type { ApplicationTables } from './application-tables.ts';
import { BreakerController } from './breaker-controller.ts';
import { Dashboard } from './dashboard.ts';
import { LogQueries } from './log-queries.ts';
import { addOutputs } from './outputs.ts';
import type { Part } from './parts.ts';
import type { Plan } from './plan.ts';
import type { Records } from './records.ts';
import { type Rotation, rotatedSources } from './rotation.ts';
import { Route } from './route.ts';
import { Secrets } from './secrets.ts';
import { stackSizeProblem } from './stack-size.ts';

export interface GroupProps {
  readonly name: string;
  readonly plan: Plan;
  /** What is in it. */
  readonly part: Part;
  readonly api: Api;
  readonly records: Records;
  readonly applicationTables: ApplicationTables;
  readonly rotation?: Rotation;
  /** Of the stage; the group watches its own sources and routes. */
  readonly watched: Watched;
  readonly topic: ITopic;
  /** Folder of the bundled functions. */
  readonly bundles: string;
}

/**
 * A nested stack with some sources and routes and all that is theirs: secrets, queues, processors, the controller of their
 * breakers, alarms, a dashboard. It needs the stage's own stack, which needs nothing of it but its alarms: functions find
 * queues and secrets by their names.
 */
export class Group extends NestedStack {
  readonly alarms: Alarms;
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: GroupProps) {
    const { name, plan, part, records, applicationTables, rotation, bundles } = props;
    const place = `Group '${name}' of stage '${plan.stage}'`;
    super(scope, id, {
      description: `Hookgate, webhook gateway, stage ${plan.stage}, group ${name}.`,
      // A template ends at 1 MB, of which blanks would take a fifth.
      suppressTemplateIndentation: true,
    });

    const secrets = new Secrets(this, 'Secrets', plan, part.secretsOf);
    const schedules = new Construct(this, 'SecretRotation');
    for (const source of rotatedSources({ sources: part.secretsOf })) {
      rotation?.schedule(schedules, source, secrets.arnOf(source));
    }
    const routes = part.routes.map(({ source, route }) => {
      const id = `Route-${source.name}-${route.name}`;
      return new Route(this, id, { plan, source, route, records, applicationTables, bundles });
    });
    // Lambda gives a mapping its id when it is made, and a function's environment has room for those of one stack.
    const controller =
      routes.length > 0
        ? new BreakerController(this, 'Breakers', { settings: plan.settings, records, routes, bundles })
        : undefined;

    const watched = {
      ...watchedOf(props.watched, part, routes),
      controllers: controller ? { [`breaker-controller-${name}`]: controller.function } : {},
    };
    this.alarms = new Alarms(this, 'Alarms', {
      watched,
      topic: props.topic,
      runbookUrl: plan.settings.runbookUrl,
      group: name,
    });
    new LogQueries(this, 'LogQueries', { watched });
    this.dashboard = new Dashboard(this, 'Dashboard', { watched, alarms: this.alarms.all, ofGroup: true });
    addOutputs(this, { api: props.api, sources: part.sources, routes });
    this.node.addValidation({ validate: () => stackSizeProblem(this, place, part) });
  }
}

function watchedOf({ allowlists, ...stage }: Watched, { sources }: Part, routes: readonly Route[]): Watched {
  const names = new Set(sources.map(({ name }) => name));
  return {
    ...stage,
    sources: [...names],
    routes,
    silences: new Map([...stage.silences].filter(([source]) => names.has(source))),
    ...(allowlists && {
      allowlists: {
        function: allowlists.function,
        sources: allowlists.sources.filter((source) => names.has(source)),
      },
    }),
  };
}
