import { Refusal } from '../refusal.ts';
import { physicalName, type ResourceType, text } from '../template/resource-type.ts';

export const subscriptionFilter: ResourceType = {
  type: 'AWS::Logs::SubscriptionFilter',
  ref: (resource, place) => physicalName(resource, place, 'FilterName'),
  attributes: {},
  add: (resource, _place, desired) => {
    const pattern = text(resource, 'FilterPattern');
    if (pattern !== '') {
      throw new Refusal(
        `${resource.id} filters by ${pattern}; the local host sends all lines of a group: leave it empty.`,
      );
    }
    desired.subscriptions.push({
      group: text(resource, 'LogGroupName'),
      functionArn: text(resource, 'DestinationArn'),
    });
  },
};
