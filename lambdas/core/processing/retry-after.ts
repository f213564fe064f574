/** An HTTP date in the form that RFC 9110 has senders write: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
const IMF_FIXDATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
/** The two old forms that it has readers take. */
const RFC_850 = /^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/;
const ASCTIME = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;
const DELAY_SECONDS = /^\d{1,9}$/;
const DEEPEST_CAUSE = 3;

/**
 * The time before which what the handler called does not want to be called again, in milliseconds since the epoch, from
 * whatever was thrown: its `retryAfter` (seconds, a date, or the header's text), or the `Retry-After` of its headers or of
 * its response's. So it is found in a `Response` that is thrown or a `cause`, in errors of axios, got, Octokit, Stripe,
 * OpenAI and the AWS SDK (`$response`). https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 *
 * Undefined when it says nothing, or nothing that can be read.
 */
export function retryAfterOf(thrown: unknown, now: number): number | undefined {
  try {
    return search(thrown, now, 0);
  } catch {
    // A getter of a thing that somebody threw.
    return undefined;
  }
}

function search(thrown: unknown, now: number, depth: number): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || depth > DEEPEST_CAUSE) return undefined;
  const { retryAfter, headers, response, $response, cause } = thrown as Record<string, unknown>;
  return (
    timeOf(retryAfter, now) ??
    timeOf(headerOf(headers), now) ??
    timeOf(headerOf(membersOf(response).headers), now) ??
    timeOf(headerOf(membersOf($response).headers), now) ??
    search(cause, now, depth + 1)
  );
}

/** Of `Headers`, or of a plain object whatever its letters. */
function headerOf(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (headers instanceof Headers || headers instanceof Map) return headers.get('retry-after');
  const [, value] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after') ?? [];
  return Array.isArray(value) ? value[0] : value;
}

function timeOf(value: unknown, now: number): number | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime();
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? now + value * 1000 : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (DELAY_SECONDS.test(text)) return now + Number(text) * 1000;
  // The last of them says no zone, and means this one.
  const date = IMF_FIXDATE.test(text) || RFC_850.test(text) ? text : ASCTIME.test(text) ? `${text} GMT` : undefined;
  if (date === undefined) return undefined;
  const at = Date.parse(date);
  return Number.isNaN(at) ? undefined : at;
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
