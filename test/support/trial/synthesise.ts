/**
 * The real stack with sources and a processor made for trials: `node test/support/trial/synthesise.ts <folder>`. Synthesised once,
 * however often a host is started on it. With `groups` after the folder, sources in nested stacks; with `inbox` one that has an
 * inbox.
 */
import { join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { providers } from '../../../lambdas/providers/index.ts';
import { bundleSync } from '../../../lib/bundle.ts';
import { config, type GatewayConfig } from '../../../lib/config.ts';
import { GatewayStack } from '../../../lib/gateway-stack.ts';
import { load } from '../../../lib/load.ts';

const STAGE = 'local';
const processorsDirectory = resolve(import.meta.dirname, 'processors');
const anywhere = { anywhere: true, reason: 'The stage replaces it.' } as const;
const routes = ['trial/effect'];
const withBad = [...routes, 'trial/bad'];

/** Three dozen in three nested stacks, of which one has a route in another, and one in the stage's own stack. */
const inGroups: GatewayConfig['sources'] = [
  { name: 'own', provider: 'scalekit', allow: anywhere, routes },
  ...Array.from({ length: 35 }, (_, at) => {
    return { name: `scalekit-${at}`, provider: 'scalekit', allow: anywhere, routes, group: `part-${at % 3}` };
  }),
  {
    ...{ name: 'across', provider: 'scalekit', allow: anywhere, group: 'part-0' },
    routes: [{ processor: 'trial/effect', group: 'part-1' }],
  },
];

const [folder = '', which] = process.argv.slice(2);
const hasInbox = which === 'inbox';
const trial: GatewayConfig = {
  sources:
    which === 'groups'
      ? inGroups
      : [
          { name: 'scalekit', provider: 'scalekit', allow: anywhere, routes },
          {
            name: 'inkress',
            provider: 'inkress',
            allow: anywhere,
            routes: withBad,
            ...(hasInbox && { inbox: 'on' }),
          },
          // Sends every event once, whatever the answer.
          { name: 'skribby', provider: 'skribby', allow: anywhere, routes },
          { name: 'ordered', provider: 'scalekit', allow: anywhere, routes: ['trial/in-order'] },
          { name: 'large', provider: 'scalekit', allow: anywhere, routes, maxBodyBytes: 4 * 1024 * 1024 },
        ],
  stages: { [STAGE]: config.stages.local },
};

const loaded = await load({ config: trial, stages: [STAGE], providers: [...providers.keys()], processorsDirectory });
if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
const [plan] = loaded.plans;
if (!plan) throw new Error('no plan');
const bundles = join(folder, 'functions');
bundleSync({ plan, outputDirectory: bundles, processorsDirectory });
const app = new App({ outdir: join(folder, 'cdk.out'), builtinCloudFormationValidation: false });
new GatewayStack(app, `hookgate-${STAGE}`, { plan, bundles });
app.synth();
