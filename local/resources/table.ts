import {
  arn,
  noteKey,
  object,
  physicalName,
  type Place,
  type Resource,
  type ResourceType,
} from '../template/resource-type.ts';

const nameOf = (resource: Resource, place: Place) => physicalName(resource, place, 'TableName');
const arnOf = (resource: Resource, place: Place) => arn(place, 'dynamodb', `table/${nameOf(resource, place)}`);

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
  attributes: { Arn: arnOf },
  add: (resource, place, desired) => {
    const { properties } = resource;
    noteKey(desired, place, arnOf(resource, place), object(properties['SSESpecification'])['KMSMasterKeyId']);
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
