import { type OperationId, type Operation, OPERATIONS } from './operations.ts';
import { type Wrong, wrongInBody, wrongInQuery } from './values.ts';
import type { AdminRequest } from './admin.ts';
import { problem } from './problem.ts';
import type { Answer } from '../verdict.ts';

/** Nothing the API takes is larger. */
const MOST_BODY_BYTES = 16 * 1024;

const PATTERNS = OPERATIONS.map((operation) => ({ operation, pattern: patternOf(operation) }));

/**
 * The operation that a request is for, its values as the operation's schemas have them; or why there is none. What is
 * there, and whether it is in the state for it, is the operation's own business.
 *
 * @param repeated names that the query has more than once
 */
export function operationOf(request: AdminRequest, repeated: readonly string[]): OperationId | Answer {
  const path = `/${request.path.join('/')}`;
  const there = PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ operation }) => operation);
  const operation = there.find(({ method }) => method === request.method);
  if (!operation) {
    const methods = [...new Set(there.map(({ method }) => method))].join(', ');
    if (methods === '') return problem(404, 'There is no such path; GET /admin/openapi.json has them all.', {});
    return problem(405, `Only ${methods} here.`, { field: 'method' }, { allow: methods });
  }
  if (request.body.length > MOST_BODY_BYTES) {
    return problem(413, `The body is larger than ${MOST_BODY_BYTES} bytes.`, { field: 'body' });
  }
  const wrong = wrongQuery(request.query, repeated, operation) ?? wrongBody(request.body, operation);
  return wrong ? problem(400, wrong.detail, { field: wrong.field }) : operation.id;
}

function wrongQuery(
  given: AdminRequest['query'],
  repeated: readonly string[],
  { query = {} }: Operation,
): Wrong | undefined {
  const known = Object.keys(query);
  for (const [name, value] of given) {
    const schema = known.includes(name) ? query[name] : undefined;
    if (!schema) {
      const detail = known.length > 0 ? `There are ${known.join(', ')}.` : 'It takes no query.';
      return { field: name.slice(0, 100), detail };
    }
    if (repeated.includes(name)) return { field: name, detail: `${name} is given more than once.` };
    const wrong = wrongInQuery(name, value, schema);
    if (wrong) return wrong;
  }
  return undefined;
}

function wrongBody(body: Buffer, operation: Operation): Wrong | undefined {
  if (operation.body) return wrongInBody(body, operation.body);
  return body.length > 0 ? { field: 'body', detail: 'It takes no body.' } : undefined;
}

/** An id takes what is left of the path: hosts differ in whether they decode a slash before the path is split. */
function patternOf({ path, parameters = {} }: Operation): RegExp {
  const parts = path.split('/').map((part) => {
    const [, name] = /^\{(.+)\}$/.exec(part) ?? [];
    if (name === undefined) return part.replaceAll('.', '\\.');
    if (name === 'id') return '.+';
    const { enum: values } = (parameters[name] ?? {}) as { readonly enum?: readonly string[] };
    return values ? `(?:${values.join('|')})` : '[^/]+';
  });
  return new RegExp(`^${parts.join('/')}$`, 's');
}
