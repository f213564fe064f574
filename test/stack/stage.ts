import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { providers } from '../../lambdas/providers/index.ts';
import { processorFunctionName, sharedFunctions } from '../../lib/bundle.ts';
import { config as shipped, type GatewayConfig } from '../../lib/config.ts';
import { GatewayStack } from '../../lib/gateway-stack.ts';
import { load } from '../../lib/load.ts';
import type { Plan } from '../../lib/plan.ts';

export const processorsDirectory = resolve(import.meta.dirname, '..', '..', 'lambdas', 'processors');

export interface Resource {
  readonly Type: string;
  // CloudFormation's own shape, whatever it is: assertions compare it with literals.
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export async function planOf(stage: string, config: GatewayConfig = shipped): Promise<Plan> {
  const loaded = await load({ config, stages: [stage], providers: [...providers.keys()], processorsDirectory });
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
  const [plan] = loaded.plans;
  if (!plan) throw new Error(`No plan for ${stage}.`);
  return plan;
}

/** The stack of a plan, with empty functions: what they contain is not the template's business. */
export function stackOf(plan: Plan, app = appForTests()): GatewayStack {
  const bundles = mkdtempSync(join(tmpdir(), 'hookgate-bundles-'));
  const processors = plan.sources.flatMap(({ name, routes }) =>
    routes.map((route) => processorFunctionName(name, route.name)),
  );
  for (const name of [...sharedFunctions(plan), ...processors]) {
    mkdirSync(join(bundles, name));
    writeFileSync(join(bundles, name, 'index.js'), '');
  }
  return new GatewayStack(app, `hookgate-${plan.stage}`, { plan, bundles });
}

export function appForTests(): App {
  const outdir = mkdtempSync(join(tmpdir(), 'hookgate-cdk-'));
  return new App({ outdir, treeMetadata: false, builtinCloudFormationValidation: false });
}

/** Resources of one type, by logical id. */
export function resourcesOf(template: Template, type: string): Map<string, Resource> {
  return new Map(Object.entries(template.findResources(type)) as [string, Resource][]);
}
