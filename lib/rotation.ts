import { Aws, Duration } from 'aws-cdk-lib';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { CfnRotationSchedule, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { credentialName, type SourceRotation } from '../lambdas/core/source.ts';
import { verifierSettings } from '../lambdas/settings.ts';
import { dataKeyOf } from './data-key.ts';
import { GatewayFunction } from './gateway-function.ts';
import type { Plan, PlannedSource } from './plan.ts';
import { dataRemoval } from './removal.ts';
import { acknowledgeNoRotation, leaveEmpty, type Secrets } from './secrets.ts';

export interface RotationProps {
  readonly plan: Plan;
  readonly secrets: Secrets;
  readonly verifier: GatewayFunction;
  /** Folder of the bundled functions. */
  readonly bundles: string;
}

type RotatedSource = PlannedSource & { readonly rotation: SourceRotation };

export function rotatedSources({ sources }: Pick<Plan, 'sources'>): readonly RotatedSource[] {
  return sources.flatMap((source) => (source.rotation ? [{ ...source, rotation: source.rotation }] : []));
}

/** Gives the providers of some sources a new secret every so many days. Only where a source asks for it. */
export class Rotation extends Construct {
  readonly function: GatewayFunction;
  private readonly plan: Plan;

  constructor(scope: Construct, id: string, { plan, secrets, verifier, bundles }: RotationProps) {
    super(scope, id);
    this.plan = plan;
    const sources = rotatedSources(plan);
    this.function = new GatewayFunction(this, 'Rotation', {
      settings: plan.settings,
      description: 'Makes a new secret, tells its provider, tests it and makes it the current one.',
      bundle: `${bundles}/rotation`,
      // Of which a minute passes before the provider is told.
      timeout: Duration.minutes(3),
    });
    this.function.give({
      actions: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      resources: sources.map((source) => secrets.arnOf(source)),
    });
    this.function.give({
      actions: ['secretsmanager:GetSecretValue'],
      resources: [...new Set(sources.map(({ rotation }) => rotation.credential))].map((name) => this.credential(name)),
    });
    this.function.give(
      { actions: ['lambda:InvokeFunction'], resources: [verifier.lambda.functionArn] },
      verifierSettings.toEnv({ functionName: verifier.lambda.functionName }),
    );
  }

  /** @param secrets of the stack that `scope` is in, which has the source's secret */
  schedule(scope: Construct, { name, rotation: { everyDays } }: RotatedSource, secretArn: string): void {
    // https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
    const permission = new CfnPermission(scope, `Permission-${name}`, {
      action: 'lambda:InvokeFunction',
      functionName: this.function.lambda.functionName,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: Aws.ACCOUNT_ID,
      sourceArn: secretArn,
    });
    const schedule = new CfnRotationSchedule(scope, name, {
      secretId: secretArn,
      rotationLambdaArn: this.function.lambda.functionArn,
      rotationRules: { automaticallyAfterDays: everyDays },
      // The credential is not there at the first deployment; `hookgate secret rotate` starts the first one.
      rotateImmediatelyOnUpdate: false,
    });
    schedule.node.addDependency(permission);
  }

  /** What a provider's API is called with, put there by a person. Returns its ARN. */
  private credential(name: string): string {
    const key = dataKeyOf(this);
    const secret = new Secret(this, `Credential-${name}`, {
      secretName: credentialName(this.plan.stage, name),
      description: 'What the API of a provider is called with to give it a new webhook secret.',
      removalPolicy: dataRemoval(this.plan.settings),
      ...(key && { encryptionKey: key }),
    });
    leaveEmpty(secret);
    acknowledgeNoRotation(secret, 'A token of a provider, which only its owner can issue anew there.');
    return secret.secretArn;
  }
}
