import type { Endpoints } from '../services.ts';
import type { Asset } from './assembly.ts';
import type { Desired } from './desired.ts';
import { Refusal } from '../refusal.ts';

/** One resource of the template with its properties resolved. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Where the stack runs: answers the pseudo parameters, and the addresses that a `Ref` may need. */
export interface Place {
  readonly stackName: string;
  readonly region: string;
  readonly account: string;
  readonly endpoints: Endpoints;
  /** The file assets by their object keys. */
  readonly assets: ReadonlyMap<string, Asset>;
}

/** A resource type that runs here: what it is called by others, and what must exist because of it. */
export interface ResourceType {
  /** `AWS::SQS::Queue` */
  readonly type: string;
  /** What `Ref` gives. */
  readonly ref: (resource: Resource, place: Place) => string;
  /** What `Fn::GetAtt` gives, by attribute. */
  readonly attributes: Readonly<Record<string, (resource: Resource, place: Place) => string>>;
  readonly add: (resource: Resource, place: Place, desired: Desired) => void;
}

/** The name given in the template, else one that stays the same over restarts. */
export function physicalName(resource: Resource, place: Place, property: string): string {
  const given = resource.properties[property];
  return typeof given === 'string' ? given : `${place.stackName}-${resource.id}`;
}

export function arn(place: Place, service: string, path: string): string {
  return `arn:aws:${service}:${place.region}:${place.account}:${path}`;
}

/** Notes which KMS key encrypts a resource; a key's id stands for one of this account. */
export function noteKey(desired: Desired, place: Place, resourceArn: string, key: unknown): void {
  if (typeof key !== 'string') return;
  desired.keys.set(resourceArn, key.startsWith('arn:') ? key : arn(place, 'kms', `key/${key}`));
}

/** Property readers that name the resource when a value is not what CloudFormation would accept. */
export function text(resource: Resource, property: string): string {
  const value = resource.properties[property];
  if (typeof value === 'string') return value;
  throw new Refusal(
    `${resource.id} (${resource.type}) has the ${property} ${JSON.stringify(value)}, and it must be text: write it so.`,
  );
}

/** Empty when there is none. */
export function optionalText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function optionalNumber(resource: Resource, property: string): number | undefined {
  const value = resource.properties[property];
  return value === undefined ? undefined : Number(value);
}

export function list(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}

export function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
