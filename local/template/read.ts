import { resourceTypes } from '../resources/index.ts';
import { inert } from '../resources/inert.ts';
import { type Assembly, readJson, type Template } from './assembly.ts';
import { type Desired, nothingDesired } from './desired.ts';
import { Intrinsics } from './intrinsics.ts';
import { arn, object, physicalName, type Place, type Resource } from './resource-type.ts';
import { Refusal } from '../refusal.ts';

export interface ReadTemplate {
  readonly desired: Desired;
  /** Types of the template that this host knows not to run, with what that means here. */
  readonly inert: ReadonlyMap<string, string>;
  /** Types that this host has never heard of. */
  readonly unknown: readonly string[];
}

const NESTED_STACK = 'AWS::CloudFormation::Stack';
const byType = new Map(resourceTypes.map((type) => [type.type, type]));

/** Resolves the template, those of nested stacks too, and collects what they ask for. */
export function readTemplate(assembly: Assembly, place: Place): ReadTemplate {
  const read = { desired: nothingDesired(), inert: new Map<string, string>(), unknown: new Set<string>() };
  const { desired, inert: inertHere, unknown } = read;
  stackReader(assembly.template, { place, prefix: '', given: () => undefined }).collect(read);
  for (const { statement } of desired.webAcls.flatMap(({ rules }) => rules)) {
    if (statement.kind === 'managed') inertHere.set(statement.name, 'AWS keeps that list; here nothing is on it');
  }
  return { desired, inert: inertHere, unknown: [...unknown].sort() };
}

interface StackOptions {
  readonly place: Place;
  /** Before the logical ids of a nested stack, which may be those of another: nothing for the stage's own. */
  readonly prefix: string;
  /** What a parameter is given by the stack above. */
  readonly given: (parameter: string) => unknown;
}

interface StackReader {
  readonly output: (name: string) => string;
  readonly collect: (into: {
    readonly desired: Desired;
    readonly inert: Map<string, string>;
    readonly unknown: Set<string>;
  }) => void;
}

/** One stack. A resource is resolved when the first other one names it, of the stack above or below as well. */
function stackReader(template: Template, { place, prefix, given }: StackOptions): StackReader {
  const resolved = new Map<string, Resource>();
  const resolving = new Set<string>();
  const nested = new Map<string, StackReader>();
  const stackName = `${place.stackName}${prefix && `-${prefix.slice(0, -1)}`}`;
  const intrinsics = new Intrinsics(template, {
    pseudo: (name) => pseudoParameters(place, stackName).get(name),
    parameter: given,
    ref: (id) => {
      if (typeOf(id) === NESTED_STACK) return stackId(place, `${place.stackName}-${prefix}${id}`);
      const resource = resourceOf(id);
      const type = byType.get(resource.type);
      return type ? type.ref(resource, place) : physicalName(resource, place, 'Name');
    },
    attribute: (id, attribute) => {
      if (typeOf(id) === NESTED_STACK) return nestedStack(id).output(attribute.replace(/^Outputs\./, ''));
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

  function typeOf(id: string): string {
    const source = template.Resources[id];
    if (!source) throw new Refusal(`The template names ${id}, but has no such resource: add it.`);
    return source.Type;
  }

  function resourceOf(id: string): Resource {
    const known = resolved.get(id);
    if (known) return known;
    const type = typeOf(id);
    if (resolving.has(id)) throw new Refusal(`The template's resource ${id} depends on itself: break the circle.`);
    resolving.add(id);
    const runs = byType.has(type);
    // What does not run need not be resolved; only its name is asked for.
    const properties = runs ? propertiesOf(id) : {};
    const resource: Resource = { id: `${prefix}${id}`, type, properties };
    resolved.set(id, resource);
    return resource;
  }

  function propertiesOf(id: string): Record<string, unknown> {
    return intrinsics.resolve(template.Resources[id]?.Properties ?? {}) as Record<string, unknown>;
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html */
  function nestedStack(id: string): StackReader {
    const known = nested.get(id);
    if (known) return known;
    const { TemplateURL: url, Parameters: parameters } = template.Resources[id]?.Properties ?? {};
    const asset = place.assets.get(String(intrinsics.resolve(url)).split('/').at(-1) ?? '');
    if (!asset) throw new Refusal(`${id} has its template outside of the assembly: make it a NestedStack of CDK.`);
    const reader = stackReader(readJson(asset.folder) as Template, {
      place,
      prefix: `${prefix}${id}-`,
      given: (name) => intrinsics.resolve(object(parameters)[name]),
    });
    nested.set(id, reader);
    return reader;
  }

  return {
    output: (name) => {
      const output = template.Outputs?.[name];
      if (!output) throw new Refusal(`The nested stack ${stackName} is asked for its output ${name}: add it.`);
      return String(intrinsics.resolve(output.Value));
    },
    collect: (into) => {
      for (const [id, { Type, Condition }] of Object.entries(template.Resources)) {
        if (Condition !== undefined && !intrinsics.holds(Condition)) continue;
        const meaning = inert.get(Type);
        if (Type === NESTED_STACK) nestedStack(id).collect(into);
        else if (byType.has(Type)) byType.get(Type)?.add(resourceOf(id), place, into.desired);
        else if (meaning !== undefined) into.inert.set(Type, meaning);
        else into.unknown.add(Type);
      }
    },
  };
}

function stackId(place: Place, stackName: string): string {
  return arn(place, 'cloudformation', `stack/${stackName}/local`);
}

function pseudoParameters(place: Place, stackName: string): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ['AWS::Region', place.region],
    ['AWS::AccountId', place.account],
    ['AWS::Partition', 'aws'],
    ['AWS::URLSuffix', 'amazonaws.com'],
    ['AWS::StackName', stackName],
    ['AWS::StackId', stackId(place, stackName)],
    ['AWS::NotificationARNs', []],
  ]);
}
