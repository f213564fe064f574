import { request } from 'node:https';
import { awsFailure } from '../connection.ts';
import { messageOf } from '../failure.ts';
import { type Check, fine, notAsked, wrong } from './check.ts';

const NO_CREDENTIALS = 'log in with the AWS CLI, or set AWS_PROFILE and AWS_REGION';

/** Whether there is somebody to sign as. */
export const credentials: Check = {
  name: 'credentials',
  look: async ({ isLocal, connection }) => {
    if (isLocal) return [notAsked('the local host asks for none')];
    const { config } = await connection.secretsManager();
    try {
      const [{ accessKeyId, expiration }, region] = await Promise.all([config.credentials(), config.region()]);
      const until = expiration ? `, until ${expiration.toISOString()}` : '';
      return [fine(`key ${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)} in ${region}${until}`)];
    } catch (error) {
      return [wrong(messageOf(awsFailure(error)), NO_CREDENTIALS)];
    }
  },
};

/**
 * The role that lets API Gateway write logs: one for each account and region, and no stack's to set.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html#set-up-access-logging-permissions
 */
export const account: Check = {
  name: 'account',
  look: async ({ isLocal, connection }) => {
    if (isLocal) return [notAsked('there is no account here')];
    const { config } = await connection.secretsManager();
    try {
      const region = await config.region();
      const { SignatureV4 } = await import('@smithy/signature-v4');
      const { credentials: who, sha256 } = config;
      const signer = new SignatureV4({ service: 'apigateway', region, credentials: who, sha256 });
      const hostname = `apigateway.${region}.amazonaws.com`;
      const headers = { host: hostname, accept: 'application/json' };
      const signed = await signer.sign({
        method: 'GET',
        protocol: 'https:',
        hostname,
        path: '/account',
        query: {},
        headers,
      });
      const { status, body } = await get(hostname, '/account', signed.headers);
      if (status !== 200) return [wrong(`API Gateway answered ${status}`, 'allow yourself apigateway:GET on /account')];
      const role = (JSON.parse(body) as { readonly cloudwatchRoleArn?: string }).cloudwatchRoleArn;
      if (!role) return [wrong('API Gateway may not write logs in this region', 'README, "Once per account"')];
      return [fine(`API Gateway writes logs as ${role}`)];
    } catch (error) {
      return [wrong(`it could not be asked: ${messageOf(awsFailure(error))}`, NO_CREDENTIALS)];
    }
  },
};

function get(
  hostname: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((done, fail) => {
    const outgoing = request({ hostname, path, headers, agent: false, timeout: 10_000 }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', fail);
      answer.on('end', () => done({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer for 10 s')));
    outgoing.on('error', fail);
    outgoing.end();
  });
}
