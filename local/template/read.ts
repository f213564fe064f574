import { resourceTypes } from '../resources/index.ts';
import { inert } from '../resources/inert.ts';
import { type Assembly } from './assembly.ts';
import { type Desired, nothingDesired } from './desired.ts';
import { Intrinsics } from './intrinsics.ts';
import { arn, physicalName, type Place, type Resource } from './resource-type.ts';
import { Refusal } from '../refusal.ts';

export interface ReadTemplate {
  readonly desired: Desired;
  /** Types of the template that this host knows not to run, with what that means here. */
  readonly inert: ReadonlyMap<string, string>;
  /** Types that this host has never heard of. */
  readonly unknown: readonly string[];
}

const byType = new Map(resourceTypes.map((type) => [type.type, type]));

/** Resolves the template and collects what it asks for. A resource is resolved when the first other one names it. */
export function readTemplate(assembly: Assembly, place: Place): ReadTemplate {
  const { template } = assembly;
  const resolved = new Map<string, Resource>();
  const resolving = new Set<string>();
  const intrinsics = new Intrinsics(template, {
    pseudo: (name) => pseudoParameters(place).get(name),
    ref: (id) => {
      const resource = resourceOf(id);
      const type = byType.get(resource.type);
      return type ? type.ref(resource, place) : physicalName(resource, place, 'Name');
    },
    attribute: (id, attribute) => {
      const resource = resourceOf(id);
      const type = byType.get(resource.type);
      const read = type?.attributes[attribute];
      if (read) return read(resource, place);
      if (type) {
        throw new Refusal(
          `The template asks for ${attribute} of ${id} (${resource.type}), which the local host does not know: ` +
            `add it to the file of ${resource.type} in local/resources.`,
        );
      }
      const service = resource.type.split('::')[1]?.toLowerCase() ?? 'unknown';
      return attribute === 'Arn' ? arn(place, service, physicalName(resource, place, 'Name')) : `${id}.${attribute}`;
    },
  });

  function resourceOf(id: string): Resource {
    const known = resolved.get(id);
    if (known) return known;
    const source = template.Resources[id];
    if (!source) throw new Refusal(`The template names ${id}, but has no such resource: add it.`);
    if (resolving.has(id)) throw new Refusal(`The template's resource ${id} depends on itself: break the circle.`);
    resolving.add(id);
    const runs = byType.has(source.Type);
    // What does not run need not be resolved; only its name is asked for.
    const properties = runs ? (intrinsics.resolve(source.Properties ?? {}) as Record<string, unknown>) : {};
    const resource: Resource = { id, type: source.Type, properties };
    resolved.set(id, resource);
    return resource;
  }

  const desired = nothingDesired();
  const inertHere = new Map<string, string>();
  const unknown = new Set<string>();
  for (const [id, { Type, Condition }] of Object.entries(template.Resources)) {
    if (Condition !== undefined && !intrinsics.holds(Condition)) continue;
    const meaning = inert.get(Type);
    if (byType.has(Type)) byType.get(Type)?.add(resourceOf(id), place, desired);
    else if (meaning !== undefined) inertHere.set(Type, meaning);
    else unknown.add(Type);
  }
  for (const { statement } of desired.webAcls.flatMap(({ rules }) => rules)) {
    if (statement.kind === 'managed') inertHere.set(statement.name, 'AWS keeps that list; here nothing is on it');
  }
  return { desired, inert: inertHere, unknown: [...unknown].sort() };
}

function pseudoParameters(place: Place): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ['AWS::Region', place.region],
    ['AWS::AccountId', place.account],
    ['AWS::Partition', 'aws'],
    ['AWS::URLSuffix', 'amazonaws.com'],
    ['AWS::StackName', place.stackName],
    ['AWS::StackId', arn(place, 'cloudformation', `stack/${place.stackName}/local`)],
    ['AWS::NotificationARNs', []],
  ]);
}
