import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { logGroupName } from '../lambdas/core/source.ts';
import type { StageConfig } from './config.ts';
import { GatewayFunction } from './gateway-function.ts';

export interface VerifierProps {
  readonly stage: string;
  readonly settings: StageConfig;
  /** Folder of the bundled functions. */
  readonly bundles: string;
}

/** The function that proves who sent a webhook, keeps it and queues it. */
export class Verifier extends Construct {
  readonly function: GatewayFunction;

  constructor(scope: Construct, id: string, { stage, ...props }: VerifierProps) {
    super(scope, id);
    this.function = new GatewayFunction(this, 'Verifier', {
      settings: props.settings,
      description: 'Verifies a webhook, records it and queues it.',
      bundle: `${props.bundles}/verifier`,
      // API Gateway gives up after 29 s, and providers long before; what takes longer is better sent again.
      timeout: Duration.seconds(15),
      logGroupName: logGroupName(stage, 'verifier'),
    });
  }
}
