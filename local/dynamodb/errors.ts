import { AwsError } from '../aws/error.ts';

/** dynalite throws errors with the wire form in `body`; anything else is a defect and answered as one. */
export function toAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof Error && 'body' in error) {
    const body = error.body as { __type?: string; message?: string; Message?: string };
    const code = (body.__type ?? 'InternalServerError').split('#').pop() ?? 'InternalServerError';
    return new AwsError(code, body.message ?? body.Message ?? error.message);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new AwsError('InternalServerError', message, { status: 500 });
}
