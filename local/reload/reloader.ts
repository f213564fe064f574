import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { context, type Message } from 'esbuild';
import { providers } from '../../lambdas/providers/index.ts';
import { type Bundle, bundleOptions, writeBundles } from '../../lib/bundle.ts';
import { config } from '../../lib/config.ts';
import { load } from '../../lib/load.ts';
import type { Plan } from '../../lib/plan.ts';
import type { Functions } from '../functions.ts';
import { Refusal } from '../refusal.ts';
import { Packages } from './packages.ts';

export interface ReloaderOptions {
  readonly stage: string;
  readonly functions: Functions;
  /** For the bundles; emptied at the start. */
  readonly folder: string;
}

const ROOT = resolve(import.meta.dirname, '..', '..');

/** Bundles the functions again, from what the last time left in memory, and hands out those that became others. */
export interface Reloader {
  /** Bundles things as they are and returns the functions that differ from the last time; at first that is all. */
  bundle(): Promise<readonly Bundle[]>;
  /** Gives functions new sandboxes; returns the names of those that could be initialised, or will be when needed. */
  replace(bundles: readonly Bundle[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function newReloader({ stage, functions, folder }: ReloaderOptions): Promise<Reloader> {
  rmSync(folder, { recursive: true, force: true });
  const outputDirectory = join(folder, 'functions');
  const packages = new Packages(join(folder, 'packages.cjs'));
  const first = await currentPlan(stage);
  // Errors are told by `explain`.
  const options = { ...bundleOptions({ plan: first, outputDirectory }), logLevel: 'silent' as const };
  const bundling = await context({ ...options, plugins: [packages.plugin] });

  return {
    bundle: async () => {
      const result = await bundling.rebuild();
      await packages.bundle(options);
      const plan = await currentPlan(stage);
      if (tablesOf(plan) !== tablesOf(first)) {
        throw new Refusal('a processor declares other tables, and those are made at the start: start again');
      }
      return writeBundles({ plan, outputDirectory }, result).filter(({ changed }) => changed);
    },
    replace: async (bundles) => {
      const replaced = bundles.map(async ({ name, directory }) => {
        const pool = functions.all.find(({ lambda }) => lambda.label === name.replace(/^processor-/, ''));
        // Where it can't be initialised, the pool reports why.
        if (!pool || (await pool.replace({ ...pool.lambda, code: directory }))) return [];
        return [pool.lambda.label];
      });
      return (await Promise.all(replaced)).flat();
    },
    close: () => bundling.dispose(),
  };
}

/** Which events a route takes is declared in its processor's file, so it may have changed too. */
async function currentPlan(stage: string): Promise<Plan> {
  const loaded = await load({
    config,
    stages: [stage],
    providers: [...providers.keys()],
    processorsDirectory: join(ROOT, 'lambdas', 'processors'),
    rereads: true,
  });
  if ('problems' in loaded) throw new Refusal(loaded.problems[0] ?? 'the configuration is wrong');
  const [plan] = loaded.plans;
  if (!plan) throw new Refusal(`there is no stage ${stage}`);
  return plan;
}

function tablesOf(plan: Plan): string {
  return JSON.stringify(plan.sources.map(({ routes }) => routes.map(({ processor, tables }) => [processor, tables])));
}

/** One line for what esbuild, or the configuration, has to say. */
export function explain(error: unknown): string {
  const [first, ...others] = messagesOf(error);
  if (!first) return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error);
  const { text, location } = first;
  const place = location ? `${location.file}:${location.line}:${location.column + 1}: ` : '';
  return `${place}${text}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
}

/** https://esbuild.github.io/api/#build-failures */
function messagesOf(error: unknown): readonly Message[] {
  if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors)) return [];
  return error.errors as Message[];
}
