import { arn, type Place, type Resource, type ResourceType } from '../template/resource-type.ts';

const arnOf = (resource: Resource, place: Place) => arn(place, 'wafv2', `regional/ipset/${resource.id}`);

export const ipSet: ResourceType = {
  type: 'AWS::WAFv2::IPSet',
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-wafv2-ipset.html
  ref: ({ id }) => `${id}|${id}|REGIONAL`,
  attributes: { Arn: arnOf, Id: ({ id }) => id },
  add: (resource, place, desired) => {
    const addresses = resource.properties['Addresses'];
    desired.ipSets.set(arnOf(resource, place), Array.isArray(addresses) ? addresses.map(String) : []);
  },
};
