import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';

/** Named fields only: never an event, a header, a payload or a secret. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * A line carries what finds it again and no more: its log group names the function, and an event's key is in the lines of
 * every function that had to do with it. Bytes of logs are what a webhook's observation costs most.
 * https://docs.aws.amazon.com/powertools/typescript/latest/features/logger/#custom-log-formatter
 */
class Lean extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, additional: LogAttributes): LogItem {
    return new LogItem({
      attributes: {
        level: attributes.logLevel,
        message: attributes.message,
        timestamp: attributes.timestamp.toISOString(),
      },
    }).addAttributes(additional);
  }
}

/** JSON lines to CloudWatch Logs. */
export function createLog(service: string) {
  const logger = new Logger({ serviceName: service, logFormatter: new Lean() });
  return {
    info: (message: string, fields: Fields = {}) => logger.info(message, { ...fields }),
    warn: (message: string, fields: Fields = {}) => logger.warn(message, { ...fields }),
    /** For what nobody expected. The stack is kept: it is our code's, and messages of ours carry no payload. */
    error: (message: string, error: unknown) =>
      logger.error(message, error instanceof Error ? error : new Error(String(error))),
  };
}

export type Log = ReturnType<typeof createLog>;
