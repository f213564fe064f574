import { queueName, type Route, routeFor } from '../../../lambdas/core/source.ts';

const route = (on: string): Route => ({ processor: `p/${on}`, name: on, on });
const routes = [route('*'), route('user.*'), route('user.created'), route('user.profile.*')];

test.each([
  ['user.created', 'user.created'],
  ['user.deleted', 'user.*'],
  ['user.profile.changed', 'user.profile.*'],
  ['user.profile', 'user.*'],
  ['user', '*'],
  ['username.x', '*'],
  ['', '*'],
])('an event of type "%s" goes to the route on %s', (type, on) => {
  expect(routeFor(routes, type)?.on).toBe(on);
  expect(routeFor([...routes].reverse(), type)?.on).toBe(on);
});

test('a type that no route wants has none', () => {
  expect(routeFor([route('user.created'), route('team.*')], 'user.deleted')).toBeUndefined();
});

test('queues are named so that a person finds them', () => {
  expect(queueName('prod', 'scalekit', { name: 'user-created' }, 'main')).toBe('hookgate-prod-scalekit-user-created');
  expect(queueName('prod', 'scalekit', { name: 'user-created' }, 'parked')).toBe(
    'hookgate-prod-scalekit-user-created-parked',
  );
  const ordered = { name: 'status', ordered: '/bot_id' } as const;
  expect(queueName('prod', 'skribby', ordered, 'main')).toBe('hookgate-prod-skribby-status.fifo');
  expect(queueName('prod', 'skribby', ordered, 'dead')).toBe('hookgate-prod-skribby-status-dead.fifo');
});
