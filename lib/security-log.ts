import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup, LogStream } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { securityLogSettings } from '../lambdas/settings.ts';
import type { StageConfig } from './config.ts';
import { dataKeyOf } from './data-key.ts';
import type { GatewayFunction } from './gateway-function.ts';

/** The log group of refused attempts: source, reason, address, and a few digits that tell one signature from another. */
export class SecurityLog extends Construct {
  readonly logGroup: LogGroup;
  private readonly stream: LogStream;

  constructor(scope: Construct, id: string, settings: StageConfig) {
    super(scope, id);
    const key = dataKeyOf(this);
    this.logGroup = new LogGroup(this, 'Refused', {
      retention: settings.logRetention,
      ...(key && { encryptionKey: key }),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stream = new LogStream(this, 'Stream', {
      logGroup: this.logGroup,
      logStreamName: 'refused',
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  /** To write to the one stream, and to make no other. */
  grantWrite(to: GatewayFunction): void {
    const { logGroupName } = this.logGroup;
    const { logStreamName } = this.stream;
    const stream = Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `${logGroupName}:log-stream:${logStreamName}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    to.give(
      { actions: ['logs:PutLogEvents'], resources: [stream] },
      securityLogSettings.toEnv({ logGroupName, logStreamName }),
    );
  }
}
