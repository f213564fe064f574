import { arn, physicalName, type ResourceType } from '../template/resource-type.ts';

const nameOf = (resource: Parameters<ResourceType['ref']>[0], place: Parameters<ResourceType['ref']>[1]) =>
  physicalName(resource, place, 'TableName');

/** Members of the template that CreateTable takes as they are. */
const CREATE = [
  'AttributeDefinitions',
  'KeySchema',
  'BillingMode',
  'ProvisionedThroughput',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
];

export const table: ResourceType = {
  type: 'AWS::DynamoDB::Table',
  ref: nameOf,
  attributes: { Arn: (resource, place) => arn(place, 'dynamodb', `table/${nameOf(resource, place)}`) },
  add: (resource, place, desired) => {
    const { properties } = resource;
    const timeToLive = properties['TimeToLiveSpecification'];
    desired.tables.push({
      create: {
        TableName: nameOf(resource, place),
        ...Object.fromEntries(CREATE.filter((name) => name in properties).map((name) => [name, properties[name]])),
      },
      ...(typeof timeToLive === 'object' && timeToLive !== null && { timeToLive: { ...timeToLive } }),
    });
  },
};
