import { createHmac } from 'node:crypto';

export type SourceName = 'scalekit' | 'inkress' | 'skribby';

/** What a provider knows of one event that it sends, and what it was answered. */
export interface SentEvent {
  readonly source: SourceName;
  readonly name: string;
  /** Signed with another key: nobody may let it in. */
  readonly forged: boolean;
  readonly answers: number[];
}

export interface SignedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Secrets = Readonly<Record<SourceName, string>>;

/** Skribby alone sends every event once. */
export function redelivers({ source }: SentEvent): boolean {
  return source !== 'skribby';
}

/** Signs one delivery of an event as its provider does, by hand: the gateway's own code must not vouch for itself. */
export function sign({ source, name, forged }: SentEvent, secrets: Secrets, nowMs: number): SignedRequest {
  const secret = forged ? 'whsec_bm90IHRoZSBrZXkgb2YgdGhpcyBzb3VyY2U=' : secrets[source];
  const seconds = String(Math.floor(nowMs / 1000));
  const path = `/webhooks/${source}`;
  switch (source) {
    case 'scalekit': {
      const body = JSON.stringify({ id: name, type: 'trial.happened', name });
      const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
      const mac = createHmac('sha256', key).update(`${name}.${seconds}.${body}`).digest('base64');
      const headers = { 'webhook-id': name, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${mac}` };
      return { path, headers, body };
    }
    case 'inkress': {
      const body = JSON.stringify({ id: name, event_type: 'trial.happened', name });
      return {
        path,
        headers: { 'x-inkress-signature': createHmac('sha256', secret).update(body).digest('hex') },
        body,
      };
    }
    case 'skribby': {
      const body = JSON.stringify({ type: 'trial_happened', bot_id: 'bot', name });
      const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
      const headers = {
        'x-skribby-webhook-id': name,
        'x-skribby-timestamp': seconds,
        'x-skribby-signature': `sha256=${mac}`,
      };
      return { path, headers, body };
    }
  }
}
