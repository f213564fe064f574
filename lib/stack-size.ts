import { CfnOutput, CfnParameter, CfnResource, Stack } from 'aws-cdk-lib';
import type { Part } from './parts.ts';

/** Of CloudFormation. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MOST_RESOURCES = 500;
const MOST_OUTPUTS = 200;

/** A sentence when a stack is more than one can be, with what would fit; CDK would only count. */
export function stackSizeProblem(stack: Stack, place: string, { sources, routes }: Part): string[] {
  const own = stack.node.findAll().filter((it) => Stack.of(it) === stack);
  const count = (kind: abstract new (...args: never[]) => object) => own.filter((it) => it instanceof kind).length;
  const limits = [
    { what: 'resources', is: count(CfnResource), most: MOST_RESOURCES },
    { what: 'outputs', is: count(CfnOutput), most: MOST_OUTPUTS },
    // One for each thing of the stage's own stack that is mentioned: tables that processors name, above all.
    { what: 'parameters', is: count(CfnParameter), most: MOST_OUTPUTS },
  ];
  return limits.flatMap(({ what, is, most }) =>
    is <= most
      ? []
      : `${place} in lib/config.ts has ${sources.length} sources and ${routes.length} routes, ${is} ${what} where CloudFormation ` +
        `allows ${most} in a stack: give sources or routes that are not deployed yet a \`group\` of their own.`,
  );
}
