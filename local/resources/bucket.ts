import {
  list,
  noteKey,
  object,
  physicalName,
  type Place,
  type Resource,
  type ResourceType,
} from '../template/resource-type.ts';

const nameOf = (resource: Resource, place: Place) =>
  physicalName(resource, place, 'BucketName').toLowerCase().slice(0, 63);

const arnOf = (resource: Resource, place: Place) => `arn:aws:s3:::${nameOf(resource, place)}`;

export const bucket: ResourceType = {
  type: 'AWS::S3::Bucket',
  ref: nameOf,
  attributes: { Arn: arnOf },
  add: (resource, place, desired) => {
    desired.buckets.push({ name: nameOf(resource, place) });
    const [rule] = list(object(resource.properties['BucketEncryption'])['ServerSideEncryptionConfiguration']);
    const byDefault = object(rule?.['ServerSideEncryptionByDefault']);
    noteKey(desired, place, arnOf(resource, place), byDefault['KMSMasterKeyID']);
  },
};
