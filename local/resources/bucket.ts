import { physicalName, type Place, type Resource, type ResourceType } from '../template/resource-type.ts';

const nameOf = (resource: Resource, place: Place) =>
  physicalName(resource, place, 'BucketName').toLowerCase().slice(0, 63);

export const bucket: ResourceType = {
  type: 'AWS::S3::Bucket',
  ref: nameOf,
  attributes: { Arn: (resource, place) => `arn:aws:s3:::${nameOf(resource, place)}` },
  add: (resource, place, desired) => void desired.buckets.push({ name: nameOf(resource, place) }),
};
