import { CfnEventSourceMapping, CfnFunction, type Function } from 'aws-cdk-lib/aws-lambda';
import { Stack } from 'aws-cdk-lib';

/** Of names and values together. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const MOST_ENVIRONMENT_BYTES = 4 * 1024;
/** What a reference is counted as: its value is known at deployment only, and a queue's URL is the longest we pass. */
const REFERENCE_BYTES = 160;
const UUID_BYTES = 36;

/** A sentence when a function's environment can't be deployed; Lambda would say so in the middle of a deployment. */
export function environmentProblem(lambda: Function): string[] {
  const resource = lambda.node.defaultChild;
  if (!(resource instanceof CfnFunction)) return [];
  const stack = Stack.of(lambda);
  const uuids = new Set(
    stack.node
      .findAll()
      .flatMap((it) => (it instanceof CfnEventSourceMapping && it.stack === stack ? [stack.getLogicalId(it)] : [])),
  );
  const environment = stack.resolve(resource.environment) as { variables?: object } | undefined;
  const bytes = Object.entries(environment?.variables ?? {}).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOf(value, uuids),
    0,
  );
  return bytes <= MOST_ENVIRONMENT_BYTES
    ? []
    : [
        `The function ${lambda.node.path} would have ${bytes} bytes of environment where Lambda allows ${MOST_ENVIRONMENT_BYTES}: let its processor name fewer tables, or put what grew in lambdas/settings.ts into gateway.json.`,
      ];
}

function sizeOf(value: unknown, uuids: ReadonlySet<string>): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return String(value).length;
  const { Ref, 'Fn::Join': join } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  if (!join) return Ref !== undefined && uuids.has(Ref) ? UUID_BYTES : REFERENCE_BYTES;
  const [delimiter, parts] = join;
  return parts.reduce<number>(
    (sum, part) => sum + sizeOf(part, uuids),
    delimiter.length * Math.max(0, parts.length - 1),
  );
}
