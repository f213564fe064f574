import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { StageConfig } from './config.ts';
import { GatewayFunction } from './gateway-function.ts';
import type { PlannedSource } from './plan.ts';
import type { Records } from './records.ts';
import type { Route } from './route.ts';
import type { Secrets } from './secrets.ts';

export interface InboxProps {
  readonly settings: StageConfig;
  readonly records: Records;
  readonly secrets: Secrets;
  /** Those that have an inbox. */
  readonly sources: readonly PlannedSource[];
  readonly routes: readonly Route[];
  /** Folder of the bundled functions. */
  readonly bundles: string;
}

/**
 * The function that reads what the verifier rejected and kept, and lets it in. Apart from the verifier, which strangers
 * can call, and from the admin API, which needs no secret: only that one may call it.
 */
export class Inbox extends Construct {
  readonly function: GatewayFunction;

  constructor(scope: Construct, id: string, props: InboxProps) {
    super(scope, id);
    const { records, secrets, sources } = props;
    this.function = new GatewayFunction(this, 'Inbox', {
      settings: props.settings,
      description: 'Lists and explains rejected deliveries that were kept, and lets in those that verify now.',
      bundle: `${props.bundles}/inbox`,
      // Less than the admin API waits for it.
      timeout: Duration.seconds(17),
    });
    records.grantInbox(this.function);
    secrets.grantRead(this.function, sources);
    records.grantReceive(this.function);
    if (sources.some(({ allow }) => 'published' in allow)) records.grantAllowlists(this.function);
    const names = new Set(sources.map(({ name }) => name));
    for (const route of props.routes) if (names.has(route.source)) route.grantSend(this.function);
  }
}
