/**
 * The CDK app. `HOOKGATE_STAGE=<stage>` takes that stage alone, the local one included; without it every stage that
 * deploys. With `CDK_OUTDIR=<folder>` it runs without the CLI: `node bin/hookgate.ts`.
 */
import { join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { providers } from '../lambdas/providers/index.ts';
import { bundleSync } from '../lib/bundle.ts';
import { config } from '../lib/config.ts';
import { GatewayStack } from '../lib/gateway-stack.ts';
import { load } from '../lib/load.ts';

const root = resolve(import.meta.dirname, '..');
const { HOOKGATE_STAGE: chosen } = process.env;

const loaded = await load({
  config,
  stages: chosen
    ? [chosen]
    : Object.entries(config.stages)
        .filter(([, { deploys }]) => deploys)
        .map(([name]) => name),
  providers: [...providers.keys()],
  processorsDirectory: join(root, 'lambdas', 'processors'),
});
if ('problems' in loaded) refuse(loaded.problems);

// CDK's check of templates against CloudFormation's schemas takes seconds; a stage that never gets there needs none.
const app = new App({ builtinCloudFormationValidation: loaded.plans.some(({ settings }) => settings.deploys) });
for (const plan of loaded.plans) {
  const bundles = join(root, '.build', 'functions', plan.stage);
  bundleSync({ plan, outputDirectory: bundles });
  new GatewayStack(app, `hookgate-${plan.stage}`, { plan, bundles });
}
const problems = app.node.findAll().flatMap(({ node }) => node.validate());
if (problems.length > 0) refuse(problems);
app.synth();

/** A person reads this, so it is sentences and no stack trace. */
function refuse(sentences: readonly string[]): never {
  process.stderr.write(`${sentences.join('\n')}\n`);
  process.exit(1);
}
