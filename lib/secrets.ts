import { Validations } from 'aws-cdk-lib';
import { CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { offersSecret } from '../lambdas/core/scheme/provider.ts';
import { secretName } from '../lambdas/core/source.ts';
import { providers } from '../lambdas/providers/index.ts';
import type { GatewayFunction } from './gateway-function.ts';
import type { Plan, PlannedSource } from './plan.ts';
import { dataRemoval } from './removal.ts';

/** One secret for each source: what it and its provider sign with. */
export class Secrets extends Construct {
  private readonly secrets: readonly Secret[];
  /** Of providers that send the secret in band with their first request. */
  private readonly offered: readonly Secret[];

  constructor(scope: Construct, id: string, { stage, settings, sources }: Plan) {
    super(scope, id);
    this.secrets = sources.map((source) => {
      const secret = new Secret(this, source.name, {
        secretName: secretName(stage, source.name),
        description: `What ${source.provider} signs the webhooks of the source ${source.name} with.`,
        // A valid key nobody knows, so that nothing passes until the provider's own is put in its place.
        generateSecretString: { passwordLength: 32, excludePunctuation: true },
        removalPolicy: dataRemoval(settings),
      });
      if (isOffered(source)) this.leaveEmpty(secret);
      Validations.of(secret).acknowledge({
        id: 'AwsSolutions-SMG4',
        reason: 'The provider issues this secret; a rotation starts there, and its overlap is kept by the verifier.',
      });
      return secret;
    });
    this.offered = this.secrets.filter((_, i) => sources[i] && isOffered(sources[i]));
  }

  /** To keep the first secret that such a provider sends; a second one is refused by Secrets Manager. */
  grantKeepFirst(to: GatewayFunction): void {
    if (this.offered.length === 0) return;
    to.give({
      actions: ['secretsmanager:PutSecretValue'],
      resources: this.offered.map(({ secretArn }) => secretArn),
    });
  }

  /** The function finds a secret by its name, `secretName(stage, source)`: nothing of it is in the environment. */
  grantRead(to: GatewayFunction): void {
    to.give({
      actions: ['secretsmanager:GetSecretValue'],
      resources: this.secrets.map(({ secretArn }) => secretArn),
    });
  }

  /** Without a version: CDK would generate one, and a source that has a secret takes no other. */
  private leaveEmpty(secret: Secret): void {
    const resource = secret.node.defaultChild;
    if (!(resource instanceof CfnSecret)) throw new Error('The secret has no CloudFormation resource.');
    resource.generateSecretString = undefined;
  }
}

function isOffered({ provider }: PlannedSource): boolean {
  const declared = providers.get(provider);
  return declared !== undefined && offersSecret(declared);
}
