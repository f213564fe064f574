import { ArnFormat, SecretValue, Stack, Validations } from 'aws-cdk-lib';
import { CfnSecret, Secret, type SecretProps } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { offersSecret } from '../lambdas/core/scheme/provider.ts';
import { credentialName, secretName } from '../lambdas/core/source.ts';
import { providers } from '../lambdas/providers/index.ts';
import { acknowledgePatterns } from './acknowledge.ts';
import { dataKeyOf } from './data-key.ts';
import type { GatewayFunction } from './gateway-function.ts';
import type { Plan, PlannedSource } from './plan.ts';
import { dataRemoval } from './removal.ts';

/** What each source and its provider sign with: a secret for each, or one for the sources of a group. */
export class Secrets extends Construct {
  private readonly plan: Plan;
  /** By the name that functions find them by: nothing of it is in the environment. */
  private readonly byName = new Map<string, Secret>();

  /** @param sources whose secrets are in this stack, which may have a part of the stage's only */
  constructor(scope: Construct, id: string, plan: Plan, sources: readonly PlannedSource[] = plan.sources) {
    super(scope, id);
    this.plan = plan;
    const { stage } = plan;
    for (const source of sources) {
      const { name, provider, secretGroup } = source;
      if (secretGroup === undefined) {
        const secret = this.add(name, secretName(stage, source), {
          description: `What ${provider} signs the webhooks of the source ${name} with.`,
          // A valid key nobody knows, so that nothing passes until the provider's own is put in its place.
          generateSecretString: { passwordLength: 32, excludePunctuation: true },
        });
        if (isOffered(source)) leaveEmpty(secret);
        if (!source.rotation) {
          acknowledgeNoRotation(
            secret,
            'The provider issues this secret; a rotation starts there, and its overlap is kept by the verifier.',
          );
        }
      } else if (!this.byName.has(secretName(stage, source))) {
        const secret = this.add(`Group-${secretGroup}`, secretName(stage, source), {
          description: `What the providers of the sources of the group ${secretGroup} sign with, by source.`,
          // No source has an entry: each is answered 503 until its provider's secret is set.
          secretStringValue: SecretValue.unsafePlainText('{}'),
        });
        acknowledgeNoRotation(secret, 'The providers issue these secrets; their overlaps are kept by the verifier.');
      }
    }
  }

  /**
   * ARN of the secret of one source; where that is in the stack of a group, a pattern for its one name.
   * https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html#auth-and-access_examples_wildcard
   */
  arnOf(source: PlannedSource): string {
    const name = secretName(this.plan.stage, source);
    return this.byName.get(name)?.secretArn ?? this.arn(`${name}-??????`);
  }

  /** To keep the first secret that such a provider sends; a second one is refused by Secrets Manager. */
  grantKeepFirst(to: GatewayFunction): void {
    const offered = this.plan.sources.filter(isOffered);
    if (offered.length === 0) return;
    to.give({
      actions: ['secretsmanager:PutSecretValue'],
      resources: offered.map((source) => this.arnOf(source)),
    });
  }

  /** @param sources whose secrets; those in the stacks of groups are not among them */
  grantRead(to: GatewayFunction, sources: readonly PlannedSource[] = this.plan.sources): void {
    const names = new Set(sources.map((source) => secretName(this.plan.stage, source)));
    const resources = [...this.byName].flatMap(([name, { secretArn }]) => (names.has(name) ? [secretArn] : []));
    if (resources.length > 0) to.give({ actions: ['secretsmanager:GetSecretValue'], resources });
  }

  /** To read those of groups too: by the pattern of their names, since a role's policy has no room for hundreds of ARNs. */
  grantReadOfGroups(to: GatewayFunction): void {
    const { stage } = this.plan;
    const all = [this.arn(secretName(stage, { name: '*' }))];
    to.give({ actions: ['secretsmanager:GetSecretValue'], resources: all });
    acknowledgePatterns(
      to.grantPrincipal,
      all,
      'The secrets of one stage: those of nested stacks are more than a policy has room for, one by one.',
    );
    to.deny({
      actions: ['secretsmanager:GetSecretValue'],
      resources: [this.arn(credentialName(stage, '*'))],
    });
  }

  private arn(resourceName: string): string {
    const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
    return Stack.of(this).formatArn({ service: 'secretsmanager', resource: 'secret', resourceName, arnFormat });
  }

  private add(id: string, name: string, props: SecretProps): Secret {
    const removalPolicy = dataRemoval(this.plan.settings);
    const key = dataKeyOf(this);
    const secret = new Secret(this, id, {
      secretName: name,
      removalPolicy,
      ...(key && { encryptionKey: key }),
      ...props,
    });
    this.byName.set(name, secret);
    return secret;
  }
}

/** Without a version: CDK would generate one, and a source that has a secret takes no other. */
export function leaveEmpty(secret: Secret): void {
  const resource = secret.node.defaultChild;
  if (!(resource instanceof CfnSecret)) throw new Error('The secret has no CloudFormation resource.');
  resource.generateSecretString = undefined;
}

export function acknowledgeNoRotation(secret: Secret, reason: string): void {
  Validations.of(secret).acknowledge({ id: 'AwsSolutions-SMG4', reason });
}

function isOffered({ provider }: PlannedSource): boolean {
  const declared = providers.get(provider);
  return declared !== undefined && offersSecret(declared);
}
