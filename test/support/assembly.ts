import { join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { providers } from '../../lambdas/providers/index.ts';
import { bundleSync } from '../../lib/bundle.ts';
import { config, type StageConfig } from '../../lib/config.ts';
import { GatewayStack } from '../../lib/gateway-stack.ts';
import { load } from '../../lib/load.ts';
import { type Assembly, readAssembly } from '../../local/template/assembly.ts';

const STAGE = 'local';
const processorsDirectory = resolve(import.meta.dirname, '..', '..', 'lambdas', 'processors');

/** The shipped configuration, with an option of the stage `local`, as the local host runs it. */
export async function assemblyWith(option: Partial<StageConfig>, folder: string): Promise<Assembly> {
  const loaded = await load({
    config: { ...config, stages: { [STAGE]: { ...config.stages.local, ...option } } },
    stages: [STAGE],
    providers: [...providers.keys()],
    processorsDirectory,
  });
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
  const [plan] = loaded.plans;
  if (!plan) throw new Error('There is no plan.');
  const bundles = join(folder, 'functions');
  bundleSync({ plan, outputDirectory: bundles, processorsDirectory });
  const app = new App({ outdir: join(folder, 'cdk.out'), builtinCloudFormationValidation: false });
  new GatewayStack(app, `hookgate-${STAGE}`, { plan, bundles });
  app.synth();
  return readAssembly(app.outdir);
}

interface Statement {
  readonly Resource: unknown;
}

/** The assembly, but some function's role lacks what it had on some resource. */
export function withoutGrant(assembly: Assembly, role: RegExp, resource: RegExp): Assembly {
  const { Resources: resources } = assembly.template;
  const changed = Object.entries(resources).map(([id, it]) => {
    if (it.Type !== 'AWS::IAM::Policy' || !role.test(id)) return [id, it] as const;
    const document = it.Properties?.['PolicyDocument'] as { Statement: readonly Statement[] };
    const Statement = document.Statement.filter(({ Resource }) => {
      const { 'Fn::GetAtt': [named] = [''] } = Resource as { 'Fn::GetAtt'?: string[] };
      return !resource.test(named ?? '');
    });
    if (Statement.length !== document.Statement.length - 1) throw new Error(`${id} has not one such grant.`);
    return [id, { ...it, Properties: { ...it.Properties, PolicyDocument: { ...document, Statement } } }] as const;
  });
  return { ...assembly, template: { ...assembly.template, Resources: Object.fromEntries(changed) } };
}
