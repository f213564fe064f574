import { confirmationOf } from '../../../examples/processors/aws-sns/confirm-subscription.ts';

test('a subscription is confirmed at the topic’s own region', () => {
  expect(confirmationOf('arn:aws:sns:us-west-2:123456789012:MyTopic', 'a b&c').href).toBe(
    'https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&Version=2010-03-31' +
      '&TopicArn=arn%3Aaws%3Asns%3Aus-west-2%3A123456789012%3AMyTopic&Token=a+b%26c',
  );
});

test.each([
  'arn:aws:sns:evil.example.com/:123456789012:MyTopic',
  'arn:aws:sns:us-west-2@evil.example.com:123456789012:MyTopic',
  'https://evil.example.com/',
])('no address is made of %s', (topic) => {
  expect(() => confirmationOf(topic, 'token')).toThrow('TopicArn is no ARN of a topic.');
});
