import { type Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type IGrantable, Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  CodeSigningConfig,
  Function,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { dataKeyOf, keyActionsFor } from './data-key.ts';
import { environmentProblem } from './environment-size.ts';
import type { StageConfig } from './config.ts';

export interface GatewayFunctionProps {
  /** The stage's settings, for how long logs are kept. */
  readonly settings: StageConfig;
  /** One sentence for the console. */
  readonly description: string;
  /** Folder with its `index.js` and `gateway.json`, as `bundleSync` wrote it. */
  readonly bundle: string;
  readonly timeout: Duration;
  /** Of the log group, for a function whose lines others look for. @default - CloudFormation makes one up */
  readonly logGroupName?: string;
  /**
   * Memory, and CPU with it, in MiB.
   * @default 512 MiB: against 128 MiB it costs little and cuts the slowest requests several-fold
   */
  readonly memoryMebibytes?: number;
}

/** A function with the house's defaults: what it may do and what it is told comes from the grants of the other parts. */
export class GatewayFunction extends Construct implements IGrantable {
  readonly lambda: Function;
  readonly grantPrincipal: Role;

  constructor(scope: Construct, id: string, props: GatewayFunctionProps) {
    super(scope, id);
    const key = dataKeyOf(this);
    const { logRetention, codeSigningConfigArn } = props.settings;
    const logGroup = new LogGroup(this, 'Logs', {
      ...(props.logGroupName !== undefined && { logGroupName: props.logGroupName }),
      retention: logRetention,
      ...(key && { encryptionKey: key }),
      removalPolicy: RemovalPolicy.DESTROY,
    });

    // Without AWSLambdaBasicExecutionRole, which may create log groups and write to every one of the account.
    this.grantPrincipal = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this.grantPrincipal);

    this.lambda = new Function(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(props.bundle),
      memorySize: props.memoryMebibytes ?? 512,
      timeout: props.timeout,
      role: this.grantPrincipal,
      tracing: Tracing.ACTIVE,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      // Start and report lines of every invocation would cost more than all of ours; X-Ray and metrics have them.
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(codeSigningConfigArn !== undefined && {
        codeSigningConfig: CodeSigningConfig.fromCodeSigningConfigArn(this, 'CodeSigning', codeSigningConfigArn),
      }),
    });
    Validations.of(this.grantPrincipal).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Only xray:PutTraceSegments and xray:PutTelemetryRecords, which know no resources.',
    });
    this.node.addValidation({ validate: () => environmentProblem(this.lambda) });
  }

  /** Permission, the key that goes with it and environment in one call, so that no caller can forget one of them. */
  give(
    { actions, resources }: { readonly actions: readonly string[]; readonly resources: readonly string[] },
    env: Readonly<Record<string, string>> = {},
  ): void {
    this.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ effect: Effect.ALLOW, actions: [...actions], resources: [...resources] }),
    );
    const key = dataKeyOf(this);
    const ofKey = keyActionsFor(actions);
    if (key && ofKey.length > 0) {
      this.grantPrincipal.addToPrincipalPolicy(
        new PolicyStatement({ effect: Effect.ALLOW, actions: [...ofKey], resources: [key.keyArn] }),
      );
    }
    this.tell(env);
  }

  /** What a pattern would allow too much. */
  deny({ actions, resources }: { readonly actions: readonly string[]; readonly resources: readonly string[] }): void {
    this.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ effect: Effect.DENY, actions: [...actions], resources: [...resources] }),
    );
  }

  /** Environment that needs no permission. */
  tell(env: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(env)) this.lambda.addEnvironment(name, value);
  }
}
