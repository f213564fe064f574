import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { headersOf } from '../lambdas/core/scheme/headers.ts';
import { providers } from '../lambdas/providers/index.ts';
import { dataKeyOf } from './data-key.ts';
import type { Plan } from './plan.ts';

export interface WebAclLogProps {
  readonly plan: Plan;
  readonly webAclArn: string;
}

/** Tokens travel in these whatever the provider. */
const ALWAYS = ['authorization', 'cookie', 'x-amz-security-token'];
/** Of AWS WAF. https://docs.aws.amazon.com/waf/latest/APIReference/API_LoggingConfiguration.html */
const MOST_REDACTED = 100;

/**
 * What the web ACL refuses, and nothing that it lets pass: without the headers that the configured providers put
 * signatures, tokens and ids into, and without the query.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
 */
export class WebAclLog extends Construct {
  constructor(scope: Construct, id: string, { plan, webAclArn }: WebAclLogProps) {
    super(scope, id);
    const { stage, settings, sources } = plan;
    const key = dataKeyOf(this);
    const logGroup = new LogGroup(this, 'Refused', {
      // AWS WAF writes to groups of this prefix only.
      logGroupName: `aws-waf-logs-hookgate-${stage}`,
      retention: settings.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(key && { encryptionKey: key }),
    });
    const headers = new Set([
      ...ALWAYS,
      ...sources.flatMap(({ provider }) => {
        const declaration = providers.get(provider);
        return declaration ? headersOf(declaration) : [];
      }),
    ]);
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: webAclArn,
      // Without the `:*` that the group's own ARN ends with.
      logDestinationConfigs: [
        `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${logGroup.logGroupName}`,
      ],
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          {
            Behavior: 'KEEP',
            Requirement: 'MEETS_ANY',
            Conditions: [{ ActionCondition: { Action: 'BLOCK' } }],
          },
        ],
      },
      redactedFields: [{ queryString: {} }, ...[...headers].sort().map((name) => ({ singleHeader: { Name: name } }))],
    });
    this.node.addValidation({
      validate: () =>
        headers.size + 1 > MOST_REDACTED
          ? [
              `The web ACL's log redacts ${headers.size} headers where AWS WAF takes ${MOST_REDACTED - 1}: split the stage.`,
            ]
          : [],
    });
  }
}
