import * as z from 'zod';
import { PermanentError, processor } from '../../../lambdas/core/processor.ts';

const TOPIC = /^arn:aws(-cn)?:sns:([a-z0-9-]{3,32}):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/;

/**
 * Confirms a subscription of one of the source's topics. The address is made of the topic's ARN, never taken from the
 * message: whoever could choose it would have this function call what he likes.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
 */
export default processor({
  on: 'SubscriptionConfirmation',
  schema: z.object({ TopicArn: z.string().regex(TOPIC), Token: z.string().max(2048) }),
  handler: async ({ payload: { TopicArn, Token } }, { signal }) => {
    const answer = await fetch(confirmationOf(TopicArn, Token), { redirect: 'error', signal });
    // A token lives three days; after that only a new subscription helps.
    if (answer.status >= 400 && answer.status < 500) throw new PermanentError(`SNS answered ${answer.status}.`);
    if (!answer.ok) throw new Error(`SNS answered ${answer.status}.`);
  },
});

export function confirmationOf(topicArn: string, token: string): URL {
  const [, china, region] = TOPIC.exec(topicArn) ?? [];
  if (region === undefined) throw new PermanentError('TopicArn is no ARN of a topic.');
  const url = new URL(`https://sns.${region}.amazonaws.com${china === undefined ? '' : '.cn'}/`);
  url.search = new URLSearchParams({
    Action: 'ConfirmSubscription',
    Version: '2010-03-31',
    TopicArn: topicArn,
    Token: token,
  }).toString();
  return url;
}
