import { Agent, request } from 'node:http';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * Loaded into a sandbox before aws-lambda-ric (`--import`): stands in for `rapid-client.node`, the C++ addon through
 * which AWS's runtime talks to the Runtime API, so that nothing has to be compiled. The rest of the runtime is AWS's.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
interface Invocation {
  readonly bodyJson: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

const [hostname = '127.0.0.1', port = '0'] = (process.env['AWS_LAMBDA_RUNTIME_API'] ?? '').split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
/** The addon's `done` and `error` return when the answer is delivered; here the next request waits for it instead. */
let posted: Promise<unknown> = Promise.resolve();

const client = {
  next: async (): Promise<Invocation> => {
    await posted;
    return call('GET', '/2018-06-01/runtime/invocation/next');
  },
  done: (id: string, body: string): void => {
    posted = call('POST', `/2018-06-01/runtime/invocation/${id}/response`, body);
  },
  error: (id: string, body: string, _xray: string): void => {
    posted = call('POST', `/2018-06-01/runtime/invocation/${id}/error`, body);
  },
};

function call(method: string, path: string, body?: string): Promise<Invocation> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ bodyJson: Buffer.concat(chunks).toString(), headers: response.headers }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The runtime loads the addon with `require('./rapid-client.node')`: give it a module that hands out the client. */
const CLIENT = Symbol.for('hookgate.rapid-client');
Object.assign(globalThis, { [CLIENT]: client });
const stand = pathToFileURL('/rapid-client.cjs').href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier.endsWith('rapid-client.node')
      ? { url: stand, format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url === stand
      ? {
          format: 'commonjs',
          source: "module.exports = globalThis[Symbol.for('hookgate.rapid-client')];",
          shortCircuit: true,
        }
      : next(url, context),
});
