import { CfnIPSet, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { IpSetsSettings } from '../lambdas/settings.ts';
import { providers } from '../lambdas/providers/index.ts';
import type { Allow, AllowPublished, Throttle } from './config.ts';
import { isOpen, type Plan } from './plan.ts';
import { capacityProblems } from './web-acl-capacity.ts';
import {
  adminPaths,
  all,
  answer,
  answerBodies,
  any,
  climbs,
  hasLabel,
  inSet,
  not,
  pathsOf,
  rate,
  type Statement,
  tooMany,
  UNCHANGED,
  visibility,
} from './web-acl-statements.ts';

export interface WebAclProps {
  readonly plan: Plan;
  /** ARN of the API's stage. On the stage, and not on a domain, so that no other way in goes round it. */
  readonly stageArn: string;
}

/** What a request gets when it may pass. A rule that only labels goes on; one that allows ends. */
const ALLOWED = 'hookgate:allowed';
/** Its address is on the list of what it calls. */
const LISTED = 'hookgate:listed';
/** What usual rule groups for websites refuse, and many webhooks are above. */
const LARGE_BODY_BYTES = 8 * 1024;

/**
 * Who may call what: everything is refused unless a rule admits it. Rules compare the exact bytes of the path, without
 * any transformation, so that `//webhooks/x`, `/webhooks/%78` or `/webhooks/x/` are other paths and end as unknown.
 * No rule refuses for a body: the signature covers it, and AWS WAF would see its first 16 KB only.
 *
 * In order: too many from one address · which requests are allowed (labels) · addresses whose signatures keep failing, and
 * those of ill repute, but for listed ones · large bodies, counted · too many for one source, from its list · admit what is labelled · refuse known paths to everybody else ·
 * the rest is unknown.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/waf-labels.html
 */
export class WebAcl extends Construct {
  readonly arn: string;
  /** The sets of the providers whose published addresses are followed; `arns` for the permission to replace them. */
  readonly published: IpSetsSettings['ipSets'];
  readonly publishedArns: readonly string[];
  /** The sets of addresses whose signatures keep failing, and their ARNs. */
  readonly blocked: { readonly IPV4: string; readonly IPV6: string };
  readonly blockedArns: readonly string[];
  /** What it refuses by, as metrics call it: rules, and the default that ends what no rule let through. */
  readonly refusedBy: RefusedBy;
  private readonly setsByProvider = new Map<string, Record<Family, CfnIPSet>>();
  private readonly setSizes: (readonly string[])[] = [];

  constructor(scope: Construct, id: string, { plan, stageArn }: WebAclProps) {
    super(scope, id);
    const [IPV4, IPV6] = FAMILIES.map((family) => this.set(`Blocked${family}`, family, [])) as [CfnIPSet, CfnIPSet];
    this.blocked = { IPV4: IPV4.ref, IPV6: IPV6.ref };
    this.blockedArns = [IPV4.attrArn, IPV6.attrArn];
    const rules = this.rules(plan);
    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      description: `Who may call the Hookgate of stage ${plan.stage}.`,
      defaultAction: answer(404),
      customResponseBodies: answerBodies(),
      rules: rules.map(({ name, action, statement, labels }, priority) => ({
        name,
        priority,
        ...action,
        statement,
        ...(labels && { ruleLabels: labels.map((label) => ({ name: label })) }),
        visibilityConfig: visibility(name),
      })),
      visibilityConfig: visibility(webAclMetricName(plan.stage)),
    });
    new CfnWebACLAssociation(this, 'OnStage', { resourceArn: stageArn, webAclArn: acl.attrArn });
    this.arn = acl.attrArn;
    const refusing = rules.filter(({ action }) => action.overrideAction !== undefined || isBlock(action.action));
    const [ofSources, ofStrangers] = [true, false].map((ofSource) =>
      refusing.filter(({ limitsSource }) => (limitsSource ?? false) === ofSource).map(({ name }) => name),
    ) as [string[], string[]];
    this.refusedBy = { limitsOfSources: ofSources, others: [...ofStrangers, 'Default_Action'] };
    const sets = [...this.setsByProvider];
    this.published = Object.fromEntries(
      sets.map(([provider, { IPV4, IPV6 }]) => [provider, { IPV4: IPV4.ref, IPV6: IPV6.ref }]),
    );
    this.publishedArns = sets.flatMap(([, { IPV4, IPV6 }]) => [IPV4.attrArn, IPV6.attrArn]);
    this.node.addValidation({ validate: () => capacityProblems(rules, this.setSizes) });
  }

  private rules({ stage, settings, sources }: Plan): Rule[] {
    const doors = [
      ...sources.map(({ name, allow, provider }): Door => ({ allow, provider, source: name })),
      { allow: settings.adminAllow },
    ];
    const namesOf = (group: readonly { readonly source?: string }[]) => group.flatMap(({ source }) => source ?? []);
    return [
      {
        name: 'rate-by-address',
        action: { action: tooMany() },
        statement: { rateBasedStatement: { ...rate(settings.limits.perAddress), aggregateKeyType: 'IP' } },
      },
      ...grouped(doors, keyOf).flatMap((group, index) => {
        const admin = group.some(({ source }) => source === undefined);
        const ofAdmin = admin ? adminPaths(stage).map((path) => all([path, not(climbs())])) : [];
        return this.admissions(group[0], [...pathsOf(stage, namesOf(group)), ...ofAdmin], index + 1);
      }),
      {
        name: 'blocked',
        action: { action: settings.blocking === 'enforce' ? answer(403) : { count: {} } },
        statement: all([not(hasLabel(LISTED)), any(this.blockedArns.map(inSet))]),
      },
      {
        name: 'ill-repute',
        // As the group says: what attacks is blocked, what takes part in floods is counted.
        action: { overrideAction: { none: {} } },
        statement: {
          managedRuleGroupStatement: {
            vendorName: 'AWS',
            name: 'AWSManagedRulesAmazonIpReputationList',
            // A provider's own addresses are not refused because somebody else had them before.
            scopeDownStatement: not(hasLabel(LISTED)),
          },
        },
      },
      {
        name: 'count-large-bodies',
        action: { action: { count: {} } },
        statement: {
          sizeConstraintStatement: {
            fieldToMatch: { body: { oversizeHandling: 'CONTINUE' } },
            comparisonOperator: 'GT',
            size: LARGE_BODY_BYTES,
            textTransformations: UNCHANGED,
          },
        },
      },
      ...grouped(
        sources.filter(({ allow }) => !isOpen(allow)),
        ({ throttle }) => String(throttle.requestsPerMinute),
      ).map((group, index) => {
        const paths = pathsOf(
          stage,
          group.map(({ name }) => name),
        );
        return rateBySource(index + 1, group[0].throttle, paths);
      }),
      { name: 'admit', action: { action: { allow: {} } }, statement: hasLabel(ALLOWED) },
      {
        name: 'refuse',
        action: { action: answer(403) },
        statement: any([...pathsOf(stage, namesOf(doors)), ...adminPaths(stage)]),
      },
    ];
  }

  /** The rule that lets callers of a door pass; with an observed list, another that counts whom it would refuse. */
  private admissions(door: Door, paths: readonly Statement[], number: number): Rule[] {
    const sets = this.addresses(door, number);
    const open = isOpen(door.allow);
    const listed = sets.length > 0 && !open;
    return [
      {
        name: `allow-${number}`,
        action: { action: { count: {} } },
        labels: listed ? [ALLOWED, LISTED] : [ALLOWED],
        statement: all([any(paths), ...(listed ? [any(sets)] : [])]),
      },
      ...(open && sets.length > 0
        ? [
            {
              name: `unlisted-${number}`,
              action: { action: { count: {} } },
              statement: all([any(paths), not(any(sets))]),
            },
          ]
        : []),
    ];
  }

  /** One set for each family there is: AWS WAF keeps IPv4 and IPv6 apart. Anywhere needs none. */
  private addresses({ allow, provider }: Door, number: number): Statement[] {
    if ('anywhere' in allow) return [];
    const own = FAMILIES.flatMap((family) => {
      const cidrs = (allow.cidrs ?? []).filter((cidr) => familyOf(cidr) === family);
      return cidrs.length === 0 ? [] : [this.set(`Addresses${number}${family}`, family, cidrs)];
    });
    const followed = 'published' in allow && provider !== undefined ? Object.values(this.followed(provider)) : [];
    return [...own, ...followed].map(({ attrArn }) => inSet(attrArn));
  }

  /**
   * Sets of their own, shared by the sources of a provider, and never given other addresses than at first by the template:
   * CloudFormation leaves alone what it has no change for, and so the fetched ones stay.
   */
  private followed(provider: string): Record<Family, CfnIPSet> {
    const known = this.setsByProvider.get(provider);
    if (known) return known;
    const declared = providers.get(provider)?.addresses ?? [];
    const [IPV4, IPV6] = FAMILIES.map((family) =>
      this.set(
        `Published${provider}${family}`,
        family,
        declared.filter((cidr) => familyOf(cidr) === family),
      ),
    ) as [CfnIPSet, CfnIPSet];
    this.setsByProvider.set(provider, { IPV4, IPV6 });
    return { IPV4, IPV6 };
  }

  private set(id: string, ipAddressVersion: Family, addresses: readonly string[]): CfnIPSet {
    this.setSizes.push(addresses);
    return new CfnIPSet(this, id, { scope: 'REGIONAL', ipAddressVersion, addresses: [...addresses] });
  }
}

/** How CloudWatch calls the web ACL of a stage, in the dimension `WebACL`. */
export function webAclMetricName(stage: string): string {
  return `hookgate-${stage}`;
}

const FAMILIES = ['IPV4', 'IPV6'] as const;
type Family = (typeof FAMILIES)[number];

/** A way in: a source's, or without one the admin API's. */
interface Door {
  readonly allow: Allow | AllowPublished;
  readonly source?: string;
  readonly provider?: string;
}

interface Rule {
  readonly name: string;
  readonly action: Pick<CfnWebACL.RuleProperty, 'action' | 'overrideAction'>;
  readonly statement: Statement;
  readonly labels?: readonly string[];
  /** It refuses only what is allowed: too much of a source's own. */
  readonly limitsSource?: true;
}

export interface RefusedBy {
  /** Limits that count only what is allowed to come in. */
  readonly limitsOfSources: readonly string[];
  /** Everything else. */
  readonly others: readonly string[];
}

function isBlock(action: Rule['action']['action']): boolean {
  return action !== undefined && 'block' in action;
}

function rateBySource(number: number, throttle: Throttle, paths: readonly Statement[]): Rule {
  return {
    name: `rate-by-source-${number}`,
    action: { action: tooMany() },
    limitsSource: true,
    statement: {
      rateBasedStatement: {
        ...rate(throttle),
        aggregateKeyType: 'CUSTOM_KEYS',
        customKeys: [{ uriPath: { textTransformations: UNCHANGED } }],
        // Only what comes from its list counts: a stranger must not use up the provider's share.
        scopeDownStatement: all([hasLabel(LISTED), any(paths)]),
      },
    },
  };
}

/** Doors with the same key share a rule. */
function keyOf({ allow, provider }: Door): string {
  if ('anywhere' in allow) return 'anywhere';
  const cidrs = [...(allow.cidrs ?? [])].sort().join(' ');
  return 'published' in allow ? `${allow.published} ${provider} ${cidrs}` : cidrs;
}

function familyOf(cidr: string): Family {
  return cidr.includes(':') ? 'IPV6' : 'IPV4';
}

/** What has one key, together. */
function grouped<T>(all: readonly T[], keyOf: (one: T) => string): [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return [...groups.values()];
}
