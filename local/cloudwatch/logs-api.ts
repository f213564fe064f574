import { appendFileSync } from 'node:fs';
import { AwsError } from '../aws/error.ts';
import { type Json, type RunningService, serveJson } from '../aws/json-server.ts';
import { type Guard } from '../iam/guard.ts';

export interface LogsApiOptions {
  readonly streams: readonly { readonly group: string; readonly name: string }[];
  /** `arn:aws:logs:<region>:<account>:log-group:` */
  readonly arnPrefix: string;
  readonly guard: Guard;
  /** The file of a stream. */
  readonly pathOf: (stream: string) => string;
  /** Gets what was written to a group, for its subscriptions. */
  readonly onWritten: (group: string, messages: readonly string[]) => void;
}

/**
 * CloudWatch Logs for what functions write by its API: `PutLogEvents` to a stream of the template appends to a file.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export function startLogsApi({
  streams,
  arnPrefix,
  guard,
  pathOf,
  onWritten,
}: LogsApiOptions): Promise<RunningService> {
  const putLogEvents = ({ logGroupName, logStreamName, logEvents }: Json): Json => {
    const stream = streams.find(({ group, name }) => group === logGroupName && name === logStreamName);
    if (!stream) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    const messages = (logEvents as { readonly message: string }[]).map(({ message }) => message);
    appendFileSync(pathOf(stream.name), messages.map((message) => `${message}\n`).join(''));
    onWritten(stream.group, messages);
    return {};
  };
  return serveJson({
    contentType: 'application/x-amz-json-1.1',
    errorPrefix: '',
    authorize: (action, input, headers) => {
      const caller = guard.callerOf(headers);
      const resource = `${arnPrefix}${String(input['logGroupName'])}:log-stream:${String(input['logStreamName'])}`;
      const refusal = caller && guard.refusal(caller, [{ action: `logs:${action}`, resource }]);
      if (refusal !== undefined) throw new AwsError('AccessDeniedException', refusal);
    },
    actions: new Map([['PutLogEvents', putLogEvents]]),
  });
}
