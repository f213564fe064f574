import { problem } from './problem.ts';
import type { EventRecord } from '../record.ts';
import { type Refusal, type Replay, replay, type ReplayPorts } from '../replay.ts';
import type { Answer } from '../verdict.ts';

/** Who asked, why, and what came of it: kept in the log, whatever the answer was. */
export interface ReplayAudit {
  readonly who: string;
  readonly why: string;
  readonly source: string;
  readonly id: string;
  /** Of the event's record: finds the line with those of the other functions. */
  readonly key?: string;
  readonly force: boolean;
  readonly outcome: Replay['replay'];
  readonly refusal?: Refusal;
  /** The epoch that runs now. */
  readonly epoch?: number;
}

export interface AdminReplayPorts extends ReplayPorts {
  /** By the provider's id or by the event's key. */
  readonly find: (source: string, id: string) => Promise<EventRecord | undefined>;
  readonly audit: (entry: ReplayAudit) => void;
}

export interface ReplayRequest {
  readonly source: string;
  readonly id: string;
  readonly body: Buffer;
  /** The caller's identity, as IAM proved it. */
  readonly who: string;
}

const LONGEST_REASON = 500;

const REFUSALS: Readonly<Record<Exclude<Refusal, 'not-found'>, string>> = {
  'newer-version': 'A newer version of Hookgate wrote it: replay it with that one.',
  'no-route': 'No route that is configured takes it, so there is no queue to send it to.',
  'payload-expired': 'Its payload is not kept any more.',
  processing: 'It is being processed at this moment: see what comes of it.',
  'not-ended': 'It is still to be processed: force is for what is DONE or PARKED. Without force it is sent once more.',
  changed: 'Somebody has changed it since: look at it, then decide again.',
};

/** `POST /admin/events/{source}/{id}/replay`. */
export async function replayEvent(request: ReplayRequest, ports: AdminReplayPorts): Promise<Answer> {
  const { source, id, who } = request;
  const wish = readWish(request.body);
  if ('detail' in wish) return problem(400, wish.detail, { field: wish.field });
  const record = await ports.find(source, id);
  const otherEpoch = record && wish.epoch !== undefined && record.epoch !== wish.epoch;
  const result: Replay = otherEpoch
    ? { replay: 'refused', why: 'changed', record }
    : await replay(record, wish.force, ports);
  ports.audit({
    who,
    why: wish.reason,
    source,
    id,
    force: wish.force,
    outcome: result.replay,
    ...(result.replay === 'refused' && { refusal: result.why }),
    ...(result.record && { key: result.record.pk, epoch: result.record.epoch }),
  });
  if (result.replay === 'refused') return refused(result.why, source, id);
  const { status, epoch } = result.record;
  const via = result.replay === 'restarted' ? result.via : result.replay === 'sent' ? 'queue' : null;
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ source, id, replay: result.replay, via, status, epoch }),
  };
}

function refused(why: Refusal, source: string, id: string): Answer {
  if (why === 'not-found') return problem(404, `Source ${source} has no event "${id}".`, { field: 'id' });
  return problem(409, REFUSALS[why], { reason: why });
}

interface Wish {
  readonly force: boolean;
  readonly reason: string;
  /** Only while it is in this epoch: whoever repeats a request that came through replays nothing twice. */
  readonly epoch?: number;
}

/** The body, which may be missing: nothing forced, no reason given. */
function readWish(body: Buffer): Wish | { readonly field: string; readonly detail: string } {
  if (body.length === 0) return { force: false, reason: '' };
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return { field: 'body', detail: 'The body is not JSON.' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { field: 'body', detail: 'The body is a JSON object: {"force": true, "reason": "…"}.' };
  }
  const { force = false, reason = '', epoch, ...others } = value as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return { field: unknown.slice(0, 100), detail: 'There are force, reason and epoch only.' };
  if (typeof force !== 'boolean') return { field: 'force', detail: 'force is true or false.' };
  if (typeof reason !== 'string' || reason.length > LONGEST_REASON) {
    return { field: 'reason', detail: `reason is a text of at most ${LONGEST_REASON} characters.` };
  }
  if (epoch === undefined) return { force, reason };
  if (typeof epoch !== 'number' || !Number.isSafeInteger(epoch))
    return { field: 'epoch', detail: 'epoch is a whole number.' };
  return { force, reason, epoch };
}
