import { isPointer } from '../lambdas/core/order.ts';
import { retryProblems } from '../lambdas/core/processing/retry.ts';
import { allowProblems, sourceAllowProblems } from './check-addresses.ts';
import { queueName, type Route } from '../lambdas/core/source.ts';
import { DEFAULT_TIMEOUT, timeoutProblem } from '../lambdas/core/processing/timeout.ts';
import type { GatewayConfig, RouteConfig, SourceConfig, StageConfig, Throttle } from './config.ts';
import { secretProblems } from './check-secrets.ts';
import type { Declaration, Declared } from './declarations.ts';
import { tlsProblems } from './tls.ts';

/** What a configuration is checked against. */
export interface Surroundings {
  /** Names of the providers there are. */
  readonly providers: readonly string[];
  /** By name, for every processor that the configuration mentions. */
  readonly declarations: ReadonlyMap<string, Declaration>;
}

export const MOST_BODY_BYTES = 4 * 1024 * 1024;
/** Of SQS. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html */
const LONGEST_QUEUE_NAME = 80;
/** Of AWS WAF. https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html */
const LEAST_RATE = 10;
/** Of an alarm with periods of an hour. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const MOST_SILENT_HOURS = 7 * 24;
/** Of Lambda, for SQS. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const LEAST_CONCURRENCY = 2;

const SOURCE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** Without hyphens, so that no stage's queue can have the name of another's. */
const STAGE_NAME = /^[a-z0-9]{1,16}$/;
const PROCESSOR_NAME = /^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/;
/** Part of the name of its stack. */
const GROUP_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const TABLE_NAME = /^[a-z][a-z0-9-]{0,62}$/;
/** An exact type, `prefix.*` or `*`; a star elsewhere would only look as if it worked. */
const PATTERN = /^(\*|[^*\s]+|[^*\s]+\.\*)$/;

/** Everything that is wrong with one stage of a configuration: a sentence each, with the name, the place and the mend. */
export function problemsOf(config: GatewayConfig, stage: string, surroundings: Surroundings): string[] {
  const settings = config.stages[stage];
  if (!settings || !Object.hasOwn(config.stages, stage)) {
    const known = Object.keys(config.stages).join(', ');
    return [`There is no stage '${stage}': name one of ${known}, or add it to stages in lib/config.ts.`];
  }
  return [
    ...stageProblems(stage, settings),
    ...(config.sources.length === 0 ? ['There is no source: add one to sources in lib/config.ts.'] : []),
    ...repeated(config.sources.map(({ name }) => name)).map(
      (name) => `Source '${name}' is configured twice in lib/config.ts: rename one, the name is its URL.`,
    ),
    ...config.sources.flatMap((source) => sourceProblems(source, stage, surroundings)),
    ...queueProblems(config.sources, stage, surroundings.declarations),
  ];
}

/** `crm` with a route `user-created` and `crm-user` with a route `created` would share a queue. */
function queueProblems(
  sources: readonly SourceConfig[],
  stage: string,
  declarations: ReadonlyMap<string, Declaration>,
): string[] {
  const owners = new Map<string, string>();
  const problems = new Set<string>();
  for (const { name, routes } of sources) {
    for (const route of routes.map(asRoute)) {
      const owner = `${name}/${routeName(route.processor)}`;
      for (const hop of ['main', 'dead', 'parked'] as const) {
        const queue = queueName(stage, name, named(route.processor, declarations), hop);
        const other = owners.get(queue);
        // The same source or route twice is said where that is checked.
        if (other !== undefined && other !== owner) {
          problems.add(
            `Routes '${other}' and '${owner}' in lib/config.ts would share the queue '${queue}': rename a source or a processor file.`,
          );
        }
        owners.set(queue, owner);
      }
    }
  }
  return [...problems];
}

function stageProblems(stage: string, settings: StageConfig): string[] {
  const place = `Stage '${stage}' in lib/config.ts`;
  return [
    ...(STAGE_NAME.test(stage)
      ? []
      : [`${place} has a name that is not 1 to 16 lower-case letters and digits: rename it.`]),
    ...(settings.allow ? allowProblems(settings.allow, place, 'allow') : []),
    ...allowProblems(settings.adminAllow, place, 'adminAllow'),
    ...throttleProblems(settings.limits.perAddress, place, 'limits.perAddress'),
    ...throttleProblems(settings.limits.perSource, place, 'limits.perSource'),
    ...tlsProblems(settings, place),
    ...arnProblems(settings, place),
  ];
}

/** CloudFormation would find them out in the middle of a deployment. */
function arnProblems(settings: StageConfig, place: string): string[] {
  const { permissionsBoundaryArn: boundary, codeSigningConfigArn: signing } = settings;
  return [
    ...(boundary === undefined || /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/\S+$/.test(boundary)
      ? []
      : [
          `${place} has the permissionsBoundaryArn '${boundary}', which is no ARN of a managed policy: write it as arn:aws:iam::111122223333:policy/boundary.`,
        ]),
    ...(signing === undefined ||
    /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:code-signing-config:csc-[a-z0-9]{17}$/.test(signing)
      ? []
      : [
          `${place} has the codeSigningConfigArn '${signing}', which is no ARN of a code signing configuration: write it as arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0123456789abcdef0.`,
        ]),
  ];
}

function sourceProblems(source: SourceConfig, stage: string, surroundings: Surroundings): string[] {
  const place = `Source '${source.name}' in lib/config.ts`;
  const problems = [
    ...sourceAllowProblems(source, place),
    ...(source.throttle ? throttleProblems(source.throttle, place, 'throttle') : []),
    ...(source.admitPerMinute === undefined || (Number.isInteger(source.admitPerMinute) && source.admitPerMinute > 0)
      ? []
      : [`${place} has admitPerMinute ${source.admitPerMinute}: it takes whole numbers from 1.`]),
    ...routesProblems(source, place, stage, surroundings.declarations),
    ...secretProblems(source, place),
    ...[source, ...source.routes.map(asRoute)].flatMap(({ group }) =>
      group === undefined || GROUP_NAME.test(group)
        ? []
        : [`${place} has the group '${group}': use 1 to 32 lower-case letters, digits and hyphens, no hyphen first.`],
    ),
  ];
  if (!SOURCE_NAME.test(source.name)) {
    problems.push(
      `${place} has a name that can't be part of its URL: use 1 to 63 lower-case letters, digits and hyphens, no hyphen first.`,
    );
  }
  if (!surroundings.providers.includes(source.provider)) {
    const known = surroundings.providers.join(', ');
    problems.push(
      `${place} names the provider '${source.provider}', which is not in lambdas/providers: name one of ${known}, or add its file.`,
    );
  }
  const { maxBodyBytes, silentAfter } = source;
  if (silentAfter !== undefined && !isWholeHours(silentAfter.toSeconds())) {
    problems.push(
      `${place} has silentAfter ${silentAfter.toSeconds()} s: CloudWatch looks back whole hours, from 1 to ${MOST_SILENT_HOURS}.`,
    );
  }
  if (maxBodyBytes !== undefined && !(Number.isInteger(maxBodyBytes) && maxBodyBytes > 0)) {
    problems.push(`${place} has maxBodyBytes ${maxBodyBytes}: give a whole number of bytes above 0.`);
  } else if (maxBodyBytes !== undefined && maxBodyBytes > MOST_BODY_BYTES) {
    problems.push(
      `${place} has maxBodyBytes ${maxBodyBytes}, more than a function can be handed: give at most ${MOST_BODY_BYTES} (4 MiB).`,
    );
  }
  return problems;
}

function isWholeHours(seconds: number): boolean {
  const hours = seconds / 3600;
  return Number.isInteger(hours) && hours >= 1 && hours <= MOST_SILENT_HOURS;
}

function routesProblems(
  source: SourceConfig,
  place: string,
  stage: string,
  declarations: ReadonlyMap<string, Declaration>,
): string[] {
  const routes = source.routes.map(asRoute);
  const problems = repeated(routes.map(({ processor }) => routeName(processor))).map(
    (name) => `${place} has two routes '${name}': remove one, or rename its processor file; queues carry that name.`,
  );
  if (routes.length === 0)
    problems.push(`${place} has no route, so nothing would ever run: name a processor in routes.`);

  const takenBy = new Map<string, string>();
  for (const { processor, maximumConcurrency = LEAST_CONCURRENCY } of routes) {
    const file = `lambdas/processors/${processor}.ts`;
    if (!(Number.isInteger(maximumConcurrency) && maximumConcurrency >= LEAST_CONCURRENCY)) {
      problems.push(
        `${place} gives route '${processor}' maximumConcurrency ${maximumConcurrency}: Lambda takes whole numbers from ${LEAST_CONCURRENCY}.`,
      );
    }
    const longest = queueName(stage, source.name, named(processor, declarations), 'parked');
    if (longest.length > LONGEST_QUEUE_NAME) {
      problems.push(
        `${place} has route '${processor}', whose queue '${longest}' has ${longest.length} characters where SQS allows ${LONGEST_QUEUE_NAME}: shorten the source's name or the file's.`,
      );
    }
    if (/-(dead|parked)$/.test(routeName(processor)) || ['dead', 'parked'].includes(routeName(processor))) {
      problems.push(
        `${place} has route '${processor}', whose queue would be taken for one of dead letters or parked events: rename its processor file.`,
      );
    }
    const declaration = PROCESSOR_NAME.test(processor) ? declarations.get(processor) : 'misnamed';
    if (declaration === 'misnamed') {
      problems.push(
        `${place} routes to '${processor}', which is not <folder>/<file> in lower-case letters, digits and hyphens: name a file of lambdas/processors without .ts.`,
      );
    } else if (declaration === undefined || declaration === 'missing') {
      problems.push(`${place} routes to '${processor}', but there is no ${file}: add the file, or remove the route.`);
    } else if (declaration === 'no-processor') {
      problems.push(
        `${place} routes to '${processor}', but ${file} exports no processor: write \`export default processor({ on, schema, handler })\`, or with handleBatch in the handler's place.`,
      );
    } else if ('error' in declaration) {
      problems.push(
        `${place} routes to '${processor}', but ${file} can't be loaded (${declaration.error}): mend the file.`,
      );
    } else {
      problems.push(...declarationProblems(declaration, file), ...orderProblems(declaration, file));
      const other = takenBy.get(declaration.on);
      if (other !== undefined) {
        problems.push(
          `${place} sends '${declaration.on}' to both '${other}' and '${processor}': change \`on\` in ${file}, or remove one of the routes.`,
        );
      }
      takenBy.set(declaration.on, processor);
    }
  }
  return problems;
}

function orderProblems({ ordered, handles, retry }: Declared, file: string): string[] {
  if (ordered === undefined) return [];
  const problems: string[] = [];
  if (!isPointer(ordered)) {
    problems.push(`${file} is ordered by '${ordered}', which is no JSON pointer: write it as '/data/order_id'.`);
  }
  if (handles === 'batch') {
    problems.push(
      `${file} is ordered and has handleBatch, but of a group one event runs at a time: give it a handler, or drop ordered.`,
    );
  }
  if (retry?.deadLetters) {
    problems.push(
      `${file} is ordered and has retry.deadLetters: a dead letter would run after those that came after it; drop one of the two.`,
    );
  }
  return problems;
}

function declarationProblems(
  { on, tables, retry = {}, timeout = DEFAULT_TIMEOUT, oddities }: Declared,
  file: string,
): string[] {
  const problems = [...oddities, ...retryProblems(retry), timeoutProblem(timeout) ?? []]
    .flat()
    .map((problem) => `${file} has ${problem}.`);
  if (!PATTERN.test(on)) {
    problems.push(`${file} takes '${on}', which is no pattern: use an exact event type, \`prefix.*\`, or \`*\`.`);
  }
  for (const table of tables) {
    if (!TABLE_NAME.test(table)) {
      problems.push(
        `${file} names the table '${table}': use lower-case letters, digits and hyphens, a letter first, at most 63.`,
      );
    }
  }
  return problems;
}

function throttleProblems({ requestsPerMinute }: Throttle, place: string, field: string): string[] {
  return Number.isInteger(requestsPerMinute) && requestsPerMinute >= LEAST_RATE
    ? []
    : [`${place} has ${field}.requestsPerMinute ${requestsPerMinute}: AWS WAF takes whole numbers from ${LEAST_RATE}.`];
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

export function asRoute(route: string | RouteConfig): RouteConfig {
  return typeof route === 'string' ? { processor: route } : route;
}

/** What the names of its queues are made of. */
function named(processor: string, declarations: ReadonlyMap<string, Declaration>): Pick<Route, 'name' | 'ordered'> {
  const declaration = declarations.get(processor);
  const ordered = typeof declaration === 'object' && 'on' in declaration ? declaration.ordered : undefined;
  return { name: routeName(processor), ...(ordered !== undefined && isPointer(ordered) && { ordered }) };
}

/** A route is called by its processor's file. */
export function routeName(processor: string): string {
  return processor.slice(processor.lastIndexOf('/') + 1);
}
