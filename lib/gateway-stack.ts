import { CfnOutput, PermissionsBoundary, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AddressBlocker } from './address-blocker.ts';
import { Admin } from './admin.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import type { Watched } from './alarms/rule.ts';
import { Allowlists } from './allowlists.ts';
import { Api } from './api.ts';
import { ApplicationTables } from './application-tables.ts';
import { BreakerController } from './breaker-controller.ts';
import { Dashboard } from './dashboard.ts';
import { DataKey } from './data-key.ts';
import { Group } from './group.ts';
import { Inbox } from './inbox.ts';
import { LogQueries } from './log-queries.ts';
import { OperatorPolicy } from './operator-policy.ts';
import { addOutputs } from './outputs.ts';
import { isInGroup, partsOf } from './parts.ts';
import type { Plan } from './plan.ts';
import { grantOperateGroups, grantSendToGroups } from './queue-names.ts';
import { Records } from './records.ts';
import { Rotation, rotatedSources } from './rotation.ts';
import { Route } from './route.ts';
import { Secrets } from './secrets.ts';
import { SecurityLog } from './security-log.ts';
import { stackSizeProblem } from './stack-size.ts';
import { Sweeper } from './sweeper.ts';
import { Verifier } from './verifier.ts';
import { WebAclLog } from './web-acl-log.ts';
import { WebAcl } from './web-acl.ts';

export interface GatewayStackProps extends StackProps {
  readonly plan: Plan;
  /** Folder of the functions that `bundleSync` wrote for this plan. */
  readonly bundles: string;
}

/**
 * One stage of Hookgate, in the order in which a webhook meets its parts: web ACL and API, verifier, secret, record,
 * queue, processor; then what looks after them.
 *
 * @example
 * const app = new App();
 * new GatewayStack(app, 'hookgate-dev', { plan, bundles: '.build/functions/dev' });
 */
export class GatewayStack extends Stack {
  constructor(scope: Construct, id: string, { plan, bundles, ...props }: GatewayStackProps) {
    const { settings } = plan;
    super(scope, id, {
      description: `Hookgate, webhook gateway, stage ${plan.stage}.`,
      ...(settings.permissionsBoundaryArn !== undefined && {
        permissionsBoundary: PermissionsBoundary.fromArn(settings.permissionsBoundaryArn),
      }),
      ...props,
    });
    if (settings.customerManagedKey === true) new DataKey(this, plan);

    const api = new Api(this, 'Api', plan);
    const webAcl = new WebAcl(this, 'WebAcl', { plan, stageArn: api.rest.deploymentStage.stageArn });

    new WebAclLog(this, 'WebAclLog', { plan, webAclArn: webAcl.arn });

    const verifier = new Verifier(this, 'Ingest', { stage: plan.stage, settings, bundles });
    api.sendWebhooksTo(verifier.function);
    const security = new SecurityLog(this, 'SecurityLog', settings);
    security.grantWrite(verifier.function);
    const { own, groups } = partsOf(plan);
    const secrets = new Secrets(this, 'Secrets', plan, own.secretsOf);
    secrets.grantRead(verifier.function);
    secrets.grantKeepFirst(verifier.function);
    const rotation =
      rotatedSources(plan).length > 0
        ? new Rotation(this, 'SecretRotation', { plan, secrets, verifier: verifier.function, bundles })
        : undefined;
    for (const source of rotatedSources({ sources: own.secretsOf })) {
      rotation?.schedule(rotation, source, secrets.arnOf(source));
    }
    const records = new Records(this, 'Records', settings);
    records.grantReceive(verifier.function);

    const applicationTables = new ApplicationTables(this, 'ApplicationTables', plan);
    const routes = own.routes.map(({ source, route }) => {
      const id = `Route-${source.name}-${route.name}`;
      return new Route(this, id, { plan, source, route, records, applicationTables, bundles });
    });
    for (const route of routes) route.grantSend(verifier.function);

    const sweeper = new Sweeper(this, 'Sweep', { settings, records, routes, bundles });
    const blocker = new AddressBlocker(this, 'Blocking', { settings, records, webAcl, security, bundles });
    const follows = webAcl.publishedArns.length > 0;
    if (follows) records.grantAllowlists(verifier.function);
    const allowlists = follows ? new Allowlists(this, 'Allowlists', { plan, records, webAcl, bundles }) : undefined;
    const controller =
      routes.length > 0 ? new BreakerController(this, 'Breakers', { settings, records, routes, bundles }) : undefined;
    const kept = plan.sources.filter((source) => source.inbox);
    const inbox =
      kept.length > 0
        ? new Inbox(this, 'Rejected', { settings, records, secrets, sources: kept, routes, bundles })
        : undefined;
    const admin = new Admin(this, 'Inspect', {
      stage: plan.stage,
      settings,
      records,
      routes,
      ...(inbox && { inbox: inbox.function }),
      bundles,
    });
    api.sendAdminTo(admin.function);

    if (groups.size > 0) {
      const releasing = inbox && kept.some(isInGroup) ? [inbox] : [];
      for (const { function: reader } of [verifier, ...releasing]) secrets.grantReadOfGroups(reader);
      for (const { function: sender } of [verifier, sweeper, ...releasing]) grantSendToGroups(sender, plan.stage);
      grantOperateGroups(admin.function, plan.stage);
    }

    new OperatorPolicy(this, 'Operators', routes, groups.size > 0 ? plan.stage : undefined);

    const watched: Watched = {
      stage: plan.stage,
      sources: own.sources.map(({ name }) => name),
      routes,
      api: api.rest,
      verifier: verifier.function,
      blocker: blocker.function,
      controllers: controller ? { 'breaker-controller': controller.function } : {},
      refusedBy: webAcl.refusedBy,
      sweeper: sweeper.function,
      silences: new Map(
        plan.sources.flatMap(({ name, silentAfterHours: hours }) => (hours === undefined ? [] : [[name, hours]])),
      ),
      ...(rotation && { rotation: rotation.function }),
      ...(allowlists && { allowlists }),
    };
    const { topic } = new AlarmTopic(this, 'AlarmTopic', settings);
    const nested = [...groups].map(([name, part]) => {
      const parts = { api, records, applicationTables, ...(rotation && { rotation }), watched, topic, bundles };
      return [name, new Group(this, `Group-${name}`, { name, plan, part, ...parts })] as const;
    });
    const ofGroups = nested.map(([, { alarms }]) => alarms);
    const alarms = new Alarms(this, 'Alarms', { watched, topic, runbookUrl: settings.runbookUrl, ofGroups });
    new LogQueries(this, 'LogQueries', {
      watched,
      stage: { operators: [admin.function, ...(inbox ? [inbox.function] : [])], security },
    });
    const dashboards = Object.fromEntries(nested.map(([name, group]) => [name, group.dashboard]));
    const dashboard = new Dashboard(this, 'Dashboard', { watched, alarms: alarms.all, groups: dashboards });

    addOutputs(this, { api, sources: own.sources, routes });
    new CfnOutput(this, 'AdminUrl', { description: 'Where the admin API begins.', value: api.adminUrl });
    new CfnOutput(this, 'DashboardUrl', { description: 'How this stage does.', value: dashboard.url });
    Tags.of(this).add('application', 'hookgate');
    Tags.of(this).add('stage', plan.stage);
    this.node.addValidation({ validate: () => stackSizeProblem(this, `Stage '${plan.stage}'`, own) });
  }
}
