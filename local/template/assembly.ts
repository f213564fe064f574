import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '../refusal.ts';

/** A CloudFormation resource as it stands in the template, intrinsic functions included. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
}

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** One stack of a CDK cloud assembly. */
export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  /** Each file asset by the object key under which the template names it. */
  readonly assets: ReadonlyMap<string, Asset>;
}

export interface Asset {
  /** Of a function; the file itself where the asset is one. */
  readonly folder: string;
  /** Path of the construct that has it: `Ingest/Verifier/Function/Code`. */
  readonly displayName: string;
}

interface Manifest {
  readonly artifacts: Readonly<Record<string, { readonly type: string; readonly properties?: ArtifactProperties }>>;
}

interface ArtifactProperties {
  readonly templateFile?: string;
  readonly file?: string;
  readonly stackName?: string;
}

interface AssetManifest {
  readonly files?: Readonly<Record<string, AssetFile>>;
}

interface AssetFile {
  readonly displayName?: string;
  readonly source: { readonly path?: string };
  readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
}

/** Reads the only stack of an assembly: https://docs.aws.amazon.com/cdk/v2/guide/deploy.html#deploy-how-synth-assemblies */
export function readAssembly(folder: string): Assembly {
  const { artifacts } = readJson(join(folder, 'manifest.json')) as Manifest;
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const [stack] = stacks;
  if (!stack || stacks.length > 1) {
    throw new Refusal(
      `${folder} holds ${stacks.length} stacks, and the local host runs exactly one: synthesise that alone.`,
    );
  }
  const [name, { properties = {} }] = stack;
  const assets = new Map<string, Asset>();
  for (const { type, properties: asset } of Object.values(artifacts)) {
    if (type !== 'cdk:asset-manifest' || asset?.file === undefined) continue;
    const { files = {} } = readJson(join(folder, asset.file)) as AssetManifest;
    for (const { source, destinations, displayName = '' } of Object.values(files)) {
      for (const { objectKey } of Object.values(destinations)) {
        assets.set(objectKey, { folder: join(folder, source.path ?? ''), displayName });
      }
    }
  }
  return {
    stackName: properties.stackName ?? name,
    template: readJson(join(folder, properties.templateFile ?? `${name}.template.json`)) as Template,
    assets,
  };
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
