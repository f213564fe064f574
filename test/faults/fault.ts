/** What can befall one call to the world. The SDK's own repeats are inside a call. */
export const FAULTS = [
  /** Refused, nothing changed. */
  'fail-before',
  /** Applied, but every answer was lost: the caller sees a failure. */
  'fail-after',
  /** The caller gives up; the call is applied later, when nobody counts on it any more. */
  'late-success',
  /** Refused until the SDK's tries were spent; time has passed. */
  'throttled',
  /** The function dies before the call. */
  'crash-before',
  /** The call is applied, the function dies before it hears of it. */
  'crash-after',
  /** Applied, the answer was lost, and the SDK repeats it: the caller hears of the second only. */
  'sdk-repeat',
  /** Answered after five seconds: five of them still end within the function's time. */
  'slow',
  /** The function is frozen beyond every lease and goes on as if nothing had happened. */
  'stall',
] as const;

export type Fault = (typeof FAULTS)[number];

/** Every call that the code under test makes to the world, and what the world does to its messages by itself. */
export const SITES = [
  'secret',
  'put-body',
  'put-record',
  'send',
  'set-outbox',
  'receive',
  'breaker-read',
  'claim',
  'get-body',
  'effect',
  'commit',
  'complete',
  'fail',
  'park',
  'breaker-write',
  'return-after',
  'delete',
  /** SQS moves a message whose receives are spent to the next queue. */
  'move',
  'dead-receive',
  'dead-claim',
  'dead-fail',
  'dead-park',
  'look',
  'enrol',
  'due-outbox',
  'bump-outbox',
  'sweep-send',
  'mapping-update',
  'replay-get',
  'replay-epoch',
  'replay-send',
] as const;

export type Site = (typeof SITES)[number];

/** Calls that change nothing: whether they were carried out makes no difference, and nor does a repeat. */
const READS: readonly Site[] = ['secret', 'breaker-read', 'get-body', 'due-outbox', 'replay-get'];
const OF_READS: readonly Fault[] = ['fail-before', 'late-success', 'throttled', 'crash-before', 'slow', 'stall'];
/** What the world does with a message by itself goes wrong in fewer ways than there are faults. */
const OF_RECEIVES: readonly Fault[] = ['fail-before', 'fail-after', 'sdk-repeat'];
const OF_MOVES: readonly Fault[] = ['fail-before', 'slow', 'fail-after'];

/** Faults of a call of which no two make the same schedule. */
export function unlikeFaults(site: Site): readonly Fault[] {
  if (READS.includes(site)) return OF_READS;
  if (site === 'receive' || site === 'dead-receive') return OF_RECEIVES;
  return site === 'move' ? OF_MOVES : FAULTS;
}

/** Faults by call: `send#2` is the second call of that kind in a schedule. */
export type Plan = ReadonlyMap<string, Fault>;

const NAMES = new Map<Site, string[]>(SITES.map((site) => [site, []]));

/** `send#2`, made once: the harness asks for it at every call of every schedule. */
export function callName(site: Site, count: number): string {
  const names = NAMES.get(site) ?? [];
  return (names[count] ??= `${site}#${count}`);
}

export function planText(plan: Plan): string {
  return [...plan].map(([call, fault]) => `${call}=${fault}`).join(',') || 'none';
}

export function parsePlan(text: string): Plan {
  if (text === 'none') return new Map();
  return new Map(
    text.split(',').map((part): [string, Fault] => {
      const [call = '', name = ''] = part.split('=');
      const fault = FAULTS.find((known) => known === name);
      if (!fault) throw new Error(`"${part}" is no fault of a plan: write call#n=fault, with ${FAULTS.join(', ')}.`);
      return [call, fault];
    }),
  );
}
