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
        // What has none counts as INFO for Lambda, as metric lines do.
        ...(attributes.logLevel !== 'INFO' && { level: attributes.logLevel }),
        message: attributes.message,
        timestamp: attributes.timestamp.toISOString(),
      },
    }).addAttributes(additional);
  }
}

/** What JSON leaves as it is and a terminal or a page would act on: 8-bit controls, marks of direction, separators. */
const ACTIVE = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Types, ids and errors are of strangers: what is active in them is written out, whoever reads the line. */
export function inert(text: string): string {
  return text.replace(ACTIVE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

function inertValue(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? inert(value) : value;
}

/** JSON lines to CloudWatch Logs. */
export function createLog(service: string) {
  const logger = new Logger({ serviceName: service, logFormatter: new Lean(), jsonReplacerFn: inertValue });
  return {
    info: (message: string, fields: Fields = {}) => logger.info(message, { ...fields }),
    warn: (message: string, fields: Fields = {}) => logger.warn(message, { ...fields }),
    /** For what nobody expected. The stack is kept: it is our code's, and messages of ours carry no payload. */
    error: (message: string, error: unknown) =>
      logger.error(message, error instanceof Error ? error : new Error(String(error))),
  };
}

export type Log = ReturnType<typeof createLog>;
