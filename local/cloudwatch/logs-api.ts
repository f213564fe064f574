import { appendFileSync } from 'node:fs';
import { AwsError } from '../aws/error.ts';
import { type Action, type Json, type RunningService, serveJson } from '../aws/json-server.ts';
import type { Guard } from '../iam/guard.ts';
import { filterLogEvents } from './filter-log-events.ts';

export interface LogsApiOptions {
  readonly streams: readonly { readonly group: string; readonly name: string }[];
  /** The functions, each with the log group that it writes to by a file of its label. */
  readonly writers: readonly { readonly label: string; readonly logGroup?: string }[];
  /** `arn:aws:logs:<region>:<account>:log-group:` */
  readonly arnPrefix: string;
  readonly guard: Guard;
  /** The file of a stream or of a function's label. */
  readonly pathOf: (name: string) => string;
  /** Gets what was written to a group, for its subscriptions. */
  readonly onWritten: (group: string, messages: readonly string[]) => void;
}

/**
 * CloudWatch Logs for what functions write and look for by its API: `PutLogEvents` to a stream of the template appends to a
 * file, `FilterLogEvents` reads the files of a function.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export function startLogsApi({
  streams,
  writers,
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
  const filter = (input: Json): Promise<Json> => {
    const writer = writers.find(({ logGroup }) => logGroup === input['logGroupName']);
    if (!writer) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    const path = pathOf(writer.label);
    // What was put aside when it had grown too large comes first.
    return filterLogEvents([`${path}.1`, path], input);
  };
  return serveJson({
    contentType: 'application/x-amz-json-1.1',
    errorPrefix: '',
    authorize: (action, input, headers) => {
      const caller = guard.callerOf(headers);
      // An action on a whole group names no stream: that is how AWS words it when it refuses one.
      const { logGroupName: group, logStreamName: stream = '' } = input;
      const resource = `${arnPrefix}${String(group)}:log-stream:${String(stream)}`;
      const refusal = caller && guard.refusal(caller, [{ action: `logs:${action}`, resource }]);
      if (refusal !== undefined) throw new AwsError('AccessDeniedException', refusal);
    },
    actions: new Map<string, Action>([
      ['PutLogEvents', putLogEvents],
      ['FilterLogEvents', filter],
    ]),
  });
}
