import ipaddr from 'ipaddr.js';
import { CfnIPSet, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { RETRY_AFTER_SECONDS } from '../lambdas/core/receipt.ts';
import type { Allow, Throttle } from './config.ts';
import type { Plan } from './plan.ts';

export interface WebAclProps {
  readonly plan: Plan;
  /** ARN of the API's stage. On the stage, and not on a domain, so that no other way in goes round it. */
  readonly stageArn: string;
}

/** What a request gets when it may pass. A rule that only labels goes on; one that allows ends. */
const ALLOWED = 'hookgate:allowed';
const RATE_WINDOW_SECONDS = 60;

type Statement = CfnWebACL.StatementProperty;

/**
 * Who may call what: everything is refused unless a rule admits it. Rules compare the exact bytes of the path, without
 * any transformation, so that `//webhooks/x`, `/webhooks/%78` or `/webhooks/x/` are other paths and end as unknown.
 * No rule looks at a body: the signature covers it, and AWS WAF would see its first 16 KB only.
 *
 * In order: too many from one address · which requests are allowed (labels) · too many for one source · admit what is
 * labelled · refuse known paths to everybody else · the rest is unknown.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/waf-labels.html
 */
export class WebAcl extends Construct {
  constructor(scope: Construct, id: string, { plan, stageArn }: WebAclProps) {
    super(scope, id);
    const { stage, settings, sources } = plan;
    const doors = [
      ...sources.map(({ name, allow, throttle }): Door => ({ paths: pathsOf(stage, name), allow, throttle })),
      { paths: adminPaths(stage).map((path) => all([path, not(climbs())])), allow: settings.adminAllow },
    ];

    const rules: Rule[] = [
      {
        name: 'rate-by-address',
        action: tooMany(),
        statement: { rateBasedStatement: { ...rate(settings.limits.perAddress), aggregateKeyType: 'IP' } },
      },
      ...grouped(doors, ({ allow }) => addressesOf(allow).join(' ')).map(([{ allow }, paths], index): Rule => ({
        name: `allow-${index + 1}`,
        action: { count: {} },
        labels: [ALLOWED],
        statement: all([any(paths), ...this.addresses(`Addresses${index + 1}`, allow)]),
      })),
      ...grouped(
        doors.filter((door) => door.throttle !== undefined),
        ({ throttle }) => String(throttle?.requestsPerMinute),
      ).map(([{ throttle }, paths], index): Rule => ({
        name: `rate-by-source-${index + 1}`,
        action: tooMany(),
        statement: {
          rateBasedStatement: {
            ...rate(throttle ?? settings.limits.perSource),
            aggregateKeyType: 'CUSTOM_KEYS',
            customKeys: [{ uriPath: { textTransformations: UNCHANGED } }],
            // Only what is allowed counts: a stranger must not use up the provider's share.
            scopeDownStatement: all([labelled(), any(paths)]),
          },
        },
      })),
      { name: 'admit', action: { allow: {} }, statement: labelled() },
      {
        name: 'refuse',
        action: answer(403),
        statement: any([...sources.flatMap(({ name }) => pathsOf(stage, name)), ...adminPaths(stage)]),
      },
    ];

    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      description: `Who may call the Hookgate of stage ${stage}.`,
      defaultAction: answer(404),
      customResponseBodies: Object.fromEntries(
        Object.entries(ANSWERS).map(([status, error]) => [
          bodyKey(Number(status)),
          { contentType: 'APPLICATION_JSON', content: JSON.stringify({ error }) },
        ]),
      ),
      rules: rules.map(({ name, action, statement, labels }, priority) => ({
        name,
        priority,
        action,
        statement,
        ...(labels && { ruleLabels: labels.map((label) => ({ name: label })) }),
        visibilityConfig: visibility(name),
      })),
      visibilityConfig: visibility(webAclMetricName(stage)),
    });
    new CfnWebACLAssociation(this, 'OnStage', { resourceArn: stageArn, webAclArn: acl.attrArn });
  }

  /** One set for each family there is: AWS WAF keeps IPv4 and IPv6 apart. Anywhere needs none. */
  private addresses(id: string, allow: Allow): Statement[] {
    if ('anywhere' in allow) return [];
    const families = (['IPV4', 'IPV6'] as const).map((family) => ({
      family,
      cidrs: allow.cidrs.filter((cidr) => familyOf(cidr) === family),
    }));
    return [
      any(
        families
          .filter(({ cidrs }) => cidrs.length > 0)
          .map(({ family, cidrs }) => {
            const set = new CfnIPSet(this, `${id}${family}`, {
              scope: 'REGIONAL',
              ipAddressVersion: family,
              addresses: [...cidrs],
            });
            return { ipSetReferenceStatement: { arn: set.attrArn } };
          }),
      ),
    ];
  }
}

/** How CloudWatch calls the web ACL of a stage, in the dimension `WebACL`. */
export function webAclMetricName(stage: string): string {
  return `hookgate-${stage}`;
}

/** A way in: paths that share an allowlist and a throttle. */
interface Door {
  readonly paths: readonly Statement[];
  readonly allow: Allow;
  readonly throttle?: Throttle;
}

interface Rule {
  readonly name: string;
  readonly action: CfnWebACL.RuleActionProperty;
  readonly statement: Statement;
  readonly labels?: readonly string[];
}

const UNCHANGED: CfnWebACL.TextTransformationProperty[] = [{ priority: 0, type: 'NONE' }];

/** What the sender is told, in the words of the verifier's own answers. */
const ANSWERS = { 403: 'forbidden', 404: 'not-found', 429: 'too-many-requests' } as const;

/**
 * The path with and without the stage: AWS WAF sees what was sent, which names the stage at the API's own address and
 * doesn't at a custom domain.
 */
function pathsOf(stage: string, source: string): Statement[] {
  return [`/webhooks/${source}`, `/${stage}/webhooks/${source}`].map((path) => pathIs('EXACTLY', path));
}

function adminPaths(stage: string): Statement[] {
  return ['/admin/', `/${stage}/admin/`].map((path) => pathIs('STARTS_WITH', path));
}

/** A prefix admits whatever follows it, so what follows must not lead out again to a source's path. */
function climbs(): Statement {
  return pathIs('CONTAINS', '/..', [{ priority: 0, type: 'URL_DECODE' }]);
}

function pathIs(
  positionalConstraint: 'EXACTLY' | 'STARTS_WITH' | 'CONTAINS',
  searchString: string,
  textTransformations = UNCHANGED,
): Statement {
  return {
    byteMatchStatement: { fieldToMatch: { uriPath: {} }, positionalConstraint, searchString, textTransformations },
  };
}

function labelled(): Statement {
  return { labelMatchStatement: { scope: 'LABEL', key: ALLOWED } };
}

function not(statement: Statement): Statement {
  return { notStatement: { statement } };
}

/** AWS WAF takes `and` and `or` of two and more only. */
function all(statements: readonly Statement[]): Statement {
  const [first] = statements;
  return first && statements.length === 1 ? first : { andStatement: { statements: [...statements] } };
}

function any(statements: readonly Statement[]): Statement {
  const [first] = statements;
  return first && statements.length === 1 ? first : { orStatement: { statements: [...statements] } };
}

/** @see https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html */
function rate({ requestsPerMinute }: Throttle) {
  return { limit: requestsPerMinute, evaluationWindowSec: RATE_WINDOW_SECONDS };
}

function tooMany() {
  return answer(429, [{ name: 'retry-after', value: String(RETRY_AFTER_SECONDS) }]);
}

/**
 * A custom response of AWS WAF takes precedence over a gateway response of API Gateway.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/customizing-the-response-for-blocked-requests.html
 */
function answer(responseCode: keyof typeof ANSWERS, responseHeaders?: CfnWebACL.CustomHTTPHeaderProperty[]) {
  return {
    block: {
      customResponse: {
        responseCode,
        customResponseBodyKey: bodyKey(responseCode),
        ...(responseHeaders && { responseHeaders }),
      },
    },
  };
}

function bodyKey(status: number): string {
  return `answer-${status}`;
}

function visibility(metricName: string) {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}

function addressesOf(allow: Allow): readonly string[] {
  return 'anywhere' in allow ? ['anywhere'] : [...allow.cidrs].sort();
}

function familyOf(cidr: string): 'IPV4' | 'IPV6' {
  return ipaddr.parseCIDR(cidr)[0].kind() === 'ipv4' ? 'IPV4' : 'IPV6';
}

/** Doors with one key together: the first of them, and the paths of all. */
function grouped(doors: readonly Door[], keyOf: (door: Door) => string): [Door, Statement[]][] {
  const groups = new Map<string, [Door, Statement[]]>();
  for (const door of doors) {
    const group = groups.get(keyOf(door)) ?? [door, []];
    group[1].push(...door.paths);
    groups.set(keyOf(door), group);
  }
  return [...groups.values()];
}
