import type { Delivery } from '../delivery.ts';
import type { Clock } from '../ports.ts';
import type { Endpoint } from '../receive.ts';
import type { SecretSet } from '../scheme/key.ts';
import type { SecretCache } from './secrets.ts';
import type { RejectionReason } from '../verdict.ts';

/**
 * What a rotation asks of the verifier, by invoking its function: no request through the API has this form, so nobody
 * outside can ask, and what is checked is never an event.
 */
export interface SecretCheckRequest {
  readonly secretCheck: {
    readonly source: string;
    /** Id of the pending version. */
    readonly version: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Base64. */
    readonly body: string;
  };
}

export interface SecretCheckAnswer {
  readonly check: SecretCheck;
}

export type SecretCheck = 'passed' | 'unknown-source' | 'version-not-held' | 'not-proved' | RejectionReason;

export function isSecretCheck(event: object): event is SecretCheckRequest {
  return 'secretCheck' in event;
}

/**
 * Whether a delivery signed with a pending secret would pass here: that version is held, and the signature holds.
 *
 * @throws SecretsUnavailable
 */
export async function checkSecret(
  { secretCheck }: SecretCheckRequest,
  endpoint: Endpoint | undefined,
  { secrets, clock }: { readonly secrets: SecretCache<SecretSet>; readonly clock: Clock },
): Promise<SecretCheck> {
  if (!endpoint) return 'unknown-source';
  const { source, version } = secretCheck;
  const isHeld = async () => (await secrets.get(source)).versions.some(({ id }) => id === version);
  if (!(await isHeld())) {
    await secrets.refreshAfterMismatch(source);
    if (!(await isHeld())) return 'version-not-held';
  }
  const { prepared } = await secrets.get(source);
  const verdict = await endpoint.verifier.verify(deliveryOf(secretCheck, clock.now()), prepared, clock.now());
  switch (verdict.outcome) {
    case 'rejected':
      return verdict.reason;
    case 'handshake':
      return 'not-proved';
    // A sample need not look like an event: to be found malformed, it was proved first.
    case 'malformed':
    case 'verified':
      return 'passed';
  }
}

function deliveryOf({ source, url, headers, body }: SecretCheckRequest['secretCheck'], receivedAt: number): Delivery {
  return {
    source,
    method: 'POST',
    url,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]])),
    body: Buffer.from(body, 'base64'),
    sourceIp: '',
    receivedAt,
  };
}
