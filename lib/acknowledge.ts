import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

interface Joined {
  readonly 'Fn::Join': readonly [string, readonly (string | { readonly Ref: string })[]];
}

/** Says why a role or policy may name resources by patterns, which the rule AwsSolutions-IAM5 asks of each of them. */
export function acknowledgePatterns(owner: IConstruct, arns: readonly string[], reason: string): void {
  for (const arn of arns) {
    const [, parts] = (Stack.of(owner).resolve(arn) as Joined)['Fn::Join'];
    const resource = parts.map((part) => (typeof part === 'string' ? part : `<${part.Ref}>`)).join('');
    Validations.of(owner).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }
}
