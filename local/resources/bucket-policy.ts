import { type ResourceType, text } from '../template/resource-type.ts';

export const bucketPolicy: ResourceType = {
  type: 'AWS::S3::BucketPolicy',
  ref: ({ id }) => id,
  attributes: {},
  add: (resource, _place, desired) =>
    void desired.resourcePolicies.push({
      id: resource.id,
      resourceArn: `arn:aws:s3:::${text(resource, 'Bucket')}`,
      document: resource.properties['PolicyDocument'],
    }),
};
