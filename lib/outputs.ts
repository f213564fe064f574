import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Api } from './api.ts';
import { queueLink } from './console-links.ts';
import type { Part } from './parts.ts';
import type { Route } from './route.ts';

export interface OutputsProps {
  readonly api: Api;
  readonly sources: Part['sources'];
  readonly routes: readonly Route[];
}

/** Where providers send to, and where an operator finds what failed. */
export function addOutputs(scope: Construct, { api, sources, routes }: OutputsProps): void {
  for (const { name } of sources) {
    new CfnOutput(scope, `WebhookUrl-${name}`, {
      description: `Where ${name} sends to.`,
      value: api.webhookUrl(name),
    });
  }
  for (const route of routes) {
    const { fullName } = route;
    new CfnOutput(scope, `DeadLettersUrl-${fullName}`, {
      description: `Dead letters of ${fullName}, for a redrive.`,
      value: queueLink(route.queueName('dead')),
    });
    new CfnOutput(scope, `ParkedUrl-${fullName}`, {
      description: `Parked events of ${fullName}.`,
      value: queueLink(route.queueName('parked')),
    });
  }
}
