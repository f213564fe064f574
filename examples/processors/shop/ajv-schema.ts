import type { Schema, SchemaIssue } from '../../../lambdas/core/processor.ts';

/** What `new Ajv().compile(…)` returns, as far as it is asked here: https://ajv.js.org/api.html#ajv-compile-schema-object-data-any-boolean-promise-any */
export interface AjvValidate<Payload> {
  (data: unknown): data is Payload;
  errors?:
    | readonly {
        /** JSON pointer (RFC 6901) to what is wrong. */
        readonly instancePath: string;
        readonly message?: string | undefined;
      }[]
    | null
    | undefined;
}

/** A JSON Schema that ajv compiled, as the schema of a processor: ajv itself speaks no Standard Schema. */
export function ajvSchema<Payload>(validate: AjvValidate<Payload>): Schema<Payload> {
  return {
    '~standard': {
      validate: (value) => {
        if (validate(value)) return { value };
        const errors = validate.errors ?? [];
        return {
          issues: errors.map(({ instancePath, message = 'is invalid' }): SchemaIssue => ({
            message,
            path: stepsOf(instancePath),
          })),
        };
      },
    },
  };
}

function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
