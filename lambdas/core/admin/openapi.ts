import type { Operation } from './operations.ts';
import { SCHEMAS, type Schema } from './schemas.ts';

/** What every operation may answer: not signed, no such path, too much in the body, too often, our fault. */
const ALWAYS: Readonly<Record<number, string>> = {
  400: 'Something of the request is not what it should be; field says what.',
  403: 'Not signed by a caller who may.',
  404: 'It is not there.',
  405: 'Not signed at all: API Gateway takes it for a method that is not there.',
  409: 'It is not in the state for it.',
  413: 'The body is too large.',
  429: 'Too often.',
  503: 'Our fault; it is in the log.',
};

/** What the web ACL answers too, which can't say that it is a problem document. */
const EDGE: ReadonlySet<number> = new Set([403, 429]);

/** Grows when an operation or a property is added; the first part when one is taken away or means another thing. */
const VERSION = '1.0';

/** The OpenAPI document of operations. https://spec.openapis.org/oas/v3.1.1.html */
export function openapi(operations: readonly Operation[]): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = described(operation);
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Hookgate admin API', version: VERSION },
    // Relative to where this document is: the API's own address has a stage before it.
    servers: [{ url: '../admin' }],
    security: [{ iam: [] }],
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        iam: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4, service execute-api. The host on one’s own machine asks for none.',
        },
      },
    },
  };
}

function described({ id, summary, parameters = {}, query = {}, body, answer, problems = [] }: Operation) {
  const statuses = [...new Set([...problems, 400, 403, 405, 413, 429, 503])].sort();
  return {
    operationId: id,
    summary,
    parameters: [
      ...Object.entries(parameters).map(([name, schema]) => parameter(name, 'path', schema)),
      ...Object.entries(query).map(([name, schema]) => parameter(name, 'query', schema)),
    ],
    ...(body && { requestBody: { required: isRequired(body), content: { 'application/json': { schema: body } } } }),
    responses: {
      200: {
        description: 'Done.',
        content: {
          'application/json': {
            schema: answer ? { $ref: `#/components/schemas/${answer}` } : { type: 'object' },
          },
        },
      },
      ...Object.fromEntries(
        statuses.map((status) => [
          status,
          {
            description: ALWAYS[status],
            content: {
              'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
              ...(EDGE.has(status) && { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } }),
            },
          },
        ]),
      ),
    },
  };
}

function isRequired(body: Schema): boolean {
  return Array.isArray(body['required']) && body['required'].length > 0;
}

function parameter(name: string, place: 'path' | 'query', schema: Schema) {
  return { name, in: place, required: place === 'path', schema };
}
