import { Agent, request } from 'node:http';
import { AwsError } from './error.ts';
import type { Json } from './json-server.ts';

/** Enough of an AWS client for the host itself, which polls all the time: no signing, no retries, little CPU. */
export interface JsonClient {
  call(action: string, input: Json): Promise<Json>;
  close(): void;
}

/** @param as logical id of the function that it calls for; else it is the operator's */
export function jsonClient(endpoint: string, targetPrefix: string, as?: string): JsonClient {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(endpoint);
  return {
    call: (action, input) =>
      new Promise((resolve, reject) => {
        const body = JSON.stringify(input);
        const headers = {
          'content-type': 'application/x-amz-json-1.0',
          'content-length': Buffer.byteLength(body),
          'x-amz-target': `${targetPrefix}.${action}`,
          ...(as !== undefined && { authorization: `AWS4-HMAC-SHA256 Credential=${as}/local` }),
        };
        const outgoing = request({ hostname, port, method: 'POST', path: '/', agent, headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const answer = JSON.parse(Buffer.concat(chunks).toString()) as Json;
            if (response.statusCode === 200) resolve(answer);
            else reject(refusal(answer, response.statusCode ?? 500));
          });
        });
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}

function refusal(answer: Json, status: number): AwsError {
  const code = typeof answer['__type'] === 'string' ? answer['__type'] : 'Error';
  const message = typeof answer['message'] === 'string' ? answer['message'] : '';
  return new AwsError(code.split('#').pop() ?? code, message, { status });
}
