import { Logger } from '@aws-lambda-powertools/logger';

/** Named fields only: never an event, a header, a payload or a secret. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** JSON lines to CloudWatch Logs. */
export function createLog(service: string) {
  const logger = new Logger({ serviceName: service });
  return {
    info: (message: string, fields: Fields = {}) => logger.info(message, { ...fields }),
    warn: (message: string, fields: Fields = {}) => logger.warn(message, { ...fields }),
    /** For what nobody expected. The stack is kept: it is our code's, and messages of ours carry no payload. */
    error: (message: string, error: unknown) =>
      logger.error(message, error instanceof Error ? error : new Error(String(error))),
  };
}
