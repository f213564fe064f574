import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Call {
  /** `DynamoDB.PutItem`, `SQS.SendMessage`. */
  readonly action: string;
  readonly began: number;
  ended: number;
}

export interface CountingProxy {
  readonly url: string;
  /** What was called since it was last asked, in order. */
  readonly taken: () => readonly Call[];
  readonly close: () => void;
}

/** Longer than two calls made together are apart, so that they overlap for whoever looks. */
const HELD_MS = 500;

/** Stands before a service and counts; holds each answer for a moment. */
export async function countingProxy(target: string, calls: Call[] = []): Promise<CountingProxy> {
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, answer) => {
    const call: Call = { action: actionOf(incoming), began: performance.now(), ended: Infinity };
    calls.push(call);
    const { method, url: path, headers } = incoming;
    const outgoing = request({ hostname, port, method, path, headers }, (response) => {
      setTimeout(() => {
        call.ended = performance.now();
        answer.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(answer);
      }, HELD_MS);
    });
    incoming.pipe(outgoing);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => calls.splice(0),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Calls in rounds: those that began before any of their round was answered were made in parallel. */
export function rounds(calls: readonly Call[]): readonly (readonly string[])[] {
  const ordered = [...calls].sort((a, b) => a.began - b.began);
  const groups: Call[][] = [];
  for (const call of ordered) {
    const last = groups.at(-1);
    if (last?.every(({ ended }) => call.began < ended)) last.push(call);
    else groups.push([call]);
  }
  return groups.map((group) => group.map(({ action }) => action).sort());
}

function actionOf({ headers }: IncomingMessage): string {
  const target = String(headers['x-amz-target']);
  return target.replace(/_\d+\./, '.').replace('AmazonSQS', 'SQS');
}
