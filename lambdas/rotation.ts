import { randomBytes } from 'node:crypto';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { createLog } from './adapters/reports/log.ts';
import { callProvider } from './adapters/provider-call.ts';
import { readCredential, rotatedSecret } from './adapters/rotated-secret.ts';
import { askVerifier } from './adapters/verifier-call.ts';
import { settingsWithDefaults } from './core/secrets/registration.ts';
import { rotate, type RotationEvent } from './core/secrets/rotation.ts';
import { ISSUED_BYTES, writeKey } from './core/scheme/key.ts';
import { sign } from './core/scheme/sign.ts';
import type { SecretCheckRequest } from './core/secrets/secret-check.ts';
import { credentialName, secretName, type Source, type SourceRotation } from './core/source.ts';
import { providers } from './providers/index.ts';
import { registrations } from './rotations/index.ts';
import { verifierSettings } from './settings.ts';

type RotatedSource = Source & { readonly rotation: SourceRotation };

const gateway = readGateway();
const { functionName } = verifierSettings.fromEnv(process.env);
const log = createLog('rotation');
const secrets = new SecretsManagerClient(clientOptions);
// The verifier may have to start first, and to look at its secret.
const lambda = new LambdaClient({ ...clientOptions, requestHandler: { requestTimeout: 30_000 } });

/** Called by Secrets Manager, once for each step of a rotation. */
export const handler = async (event: RotationEvent): Promise<void> => {
  const source = sourceOf(event.SecretId);
  const { name, provider } = source;
  try {
    await rotate(event, {
      secret: rotatedSecret(secrets, event.SecretId),
      clock: systemClock,
      issue: () => issue(source),
      register: (value) => register(source, value),
      check: (value, version) => askVerifier(lambda, functionName, sample(source, value, version)),
      overlapSeconds: source.secretOverlapSeconds,
    });
    log.info('rotation step done', { source: name, provider, step: event.Step, version: event.ClientRequestToken });
  } catch (error) {
    log.error(`the rotation of ${name} failed at ${event.Step}`, error);
    throw error;
  }
};

/** By the secret's ARN, which ends in the name, a hyphen and six random characters. */
function sourceOf(secretArn: string): RotatedSource {
  const name = secretArn.slice(secretArn.indexOf(':secret:') + ':secret:'.length).replace(/-[A-Za-z0-9]{6}$/, '');
  const source = gateway.sources.find((candidate) => secretName(gateway.stage, candidate) === name);
  if (!source?.rotation) throw new Error(`No source of this stage has its secret ${name} rotated.`);
  return { ...source, rotation: source.rotation };
}

function issue({ provider }: Source): string {
  const encoding = providers.get(provider)?.scheme.key;
  const text = encoding && writeKey(randomBytes(ISSUED_BYTES), encoding);
  if (text === undefined) throw new Error(`A secret of ${provider} can't be made by us.`);
  return text;
}

async function register({ provider, rotation }: RotatedSource, secret: string): Promise<void> {
  const registration = registrations.get(provider);
  if (!registration) throw new Error(`There is no file for ${provider} in lambdas/rotations.`);
  const credential = await readCredential(secrets, credentialName(gateway.stage, rotation.credential));
  await callProvider(registration.request(secret, settingsWithDefaults(registration, rotation.settings), credential));
}

/** A delivery that the provider could have signed with the secret. */
function sample({ name, provider: providerName, url }: Source, secret: string, version: string): SecretCheckRequest {
  const provider = providers.get(providerName);
  if (!provider) throw new Error(`There is no provider ${providerName}.`);
  const signed = sign(provider, {
    body: Buffer.from('{"hookgate":"a rotation asks whether this secret is held"}'),
    id: 'hookgate-rotation',
    type: 'hookgate.rotation',
    timestamp: systemClock.now(),
    secret,
    url,
  });
  if ('unsignable' in signed) throw new Error(`A delivery of ${providerName} can't be signed: ${signed.unsignable}.`);
  return {
    secretCheck: {
      source: name,
      version,
      url: signed.url,
      headers: signed.headers,
      body: signed.body.toString('base64'),
    },
  };
}
