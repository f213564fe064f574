import { CfnResource, type Stack } from 'aws-cdk-lib';
import type { Plan } from './plan.ts';

/** Of CloudFormation. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MOST_RESOURCES = 500;

/** A sentence when a stage is more than one stack can have, with what would fit; CDK would only count. */
export function stackSizeProblem(stack: Stack, { stage, sources }: Plan): string[] {
  const resources = stack.node.findAll().filter((it) => it instanceof CfnResource).length;
  if (resources <= MOST_RESOURCES) return [];
  const routes = sources.reduce((sum, source) => sum + source.routes.length, 0);
  return [
    `Stage '${stage}' in lib/config.ts has ${sources.length} sources and ${routes} routes, ${resources} resources ` +
      `where CloudFormation allows ${MOST_RESOURCES} in a stack: move some sources to another stage of the same account.`,
  ];
}
