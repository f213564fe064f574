import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { redelivers, type Secrets, type SentEvent, sign, type SignedRequest, type SourceName } from './events.ts';

const SOURCES: readonly SourceName[] = ['scalekit', 'inkress', 'skribby'];
const DUPLICATES = 0.2;
const FORGED = 0.01;
/** How many deliveries wait at once: the next one sent is any of them, so that events overtake each other. */
const WINDOW = 64;
/** Providers wait minutes between tries; here time is short. */
const RETRY_WAIT_MS = 1_500;
const ANSWER_WITHIN_MS = 20_000;

interface Job {
  readonly event: SentEvent;
  readonly due: number;
  /** What was signed for the first copy: a provider that has no id of its own repeats it byte by byte. */
  readonly signed?: SignedRequest;
  readonly copy: boolean;
}

export interface SimulatorOptions {
  readonly port: number;
  readonly secrets: Secrets;
  readonly random: () => number;
  /** Deliveries to make, duplicates and tries again among them. What is tried again after the last new event comes on top. */
  readonly deliveries: number;
  readonly clients: number;
  /** Fulfilled while the gateway is there to be sent to. */
  readonly whenUp: () => Promise<void>;
  /** True while nothing new is to be sent. */
  readonly holdsOn: () => boolean;
}

/** Three providers that send, repeat, overtake, try again and keep book of what they were told. */
export class Simulator {
  readonly events: SentEvent[] = [];
  /** Requests that reached a listening gateway, answered or not; as many as were asked for, in the end. */
  delivered = 0;
  /** Those on top: tries again of what had no 2xx yet when the last new event was begun. */
  afterwards = 0;
  duplicates = 0;
  retries = 0;
  /** Deliveries to which no answer came: the gateway died meanwhile. */
  unanswered = 0;
  readonly #options: SimulatorOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  #jobs: Job[] = [];
  #busy = 0;

  constructor(options: SimulatorOptions) {
    this.#options = options;
  }

  /** Until every delivery is made and nothing is left to try again. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.clients }, () => this.#client()));
    this.#agent.destroy();
  }

  async #client(): Promise<void> {
    for (;;) {
      await this.#options.whenUp();
      const job = this.#options.holdsOn() ? undefined : this.#next();
      if (job) await this.#deliver(job);
      else if (this.#left === 0 && this.#jobs.length === 0 && this.#busy === 0) return;
      else await sleep(20);
    }
  }

  #next(): Job | undefined {
    while (this.#jobs.length < WINDOW && this.#left > 0) this.#add();
    const now = performance.now();
    const due = this.#jobs.filter((job) => job.due <= now);
    const job = due[Math.floor(this.#options.random() * due.length)];
    if (job) this.#jobs.splice(this.#jobs.indexOf(job), 1);
    return job;
  }

  /** Deliveries that are neither made nor under way nor waiting. */
  get #left(): number {
    return this.#options.deliveries - (this.delivered + this.#busy + this.#jobs.length);
  }

  #add(): void {
    const { random, secrets } = this.#options;
    const source = SOURCES[Math.floor(random() * SOURCES.length)] ?? 'scalekit';
    const event: SentEvent = { source, name: `event-${this.events.length}`, forged: random() < FORGED, answers: [] };
    this.events.push(event);
    const signed = redelivers(event) ? {} : { signed: sign(event, secrets, Date.now()) };
    this.#jobs.push({ event, due: 0, copy: false, ...signed });
    if (random() >= DUPLICATES || this.#left < 1) return;
    this.duplicates++;
    // At the same moment, or some seconds later, when it may be done.
    this.#jobs.push({ event, due: performance.now() + (random() < 0.5 ? 0 : random() * 5_000), copy: true, ...signed });
  }

  async #deliver(job: Job): Promise<void> {
    this.#busy++;
    const { event } = job;
    const signed = job.signed ?? sign(event, this.#options.secrets, Date.now());
    const status = await this.#send(signed);
    this.#busy--;
    if (status === 'refused') {
      // Nobody was there; the same delivery is made once somebody is.
      this.#jobs.push({ ...job, due: performance.now() + 100 });
      return;
    }
    if (this.delivered < this.#options.deliveries) this.delivered++;
    else this.afterwards++;
    if (status === 'unanswered') this.unanswered++;
    else event.answers.push(status);
    const delivered = typeof status === 'number' && status < 300;
    if (delivered || event.forged || job.copy || !redelivers(event)) return;
    this.retries++;
    this.#jobs.push({ ...job, due: performance.now() + this.#options.random() * RETRY_WAIT_MS });
  }

  #send({ path, headers, body }: SignedRequest): Promise<number | 'refused' | 'unanswered'> {
    return new Promise((resolve) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: this.#options.port,
          path,
          method: 'POST',
          agent: this.#agent,
          timeout: ANSWER_WITHIN_MS,
          headers: { 'content-type': 'application/json', ...headers },
        },
        (response) => {
          response.resume();
          // An answer counts once it is whole.
          response.on('end', () => resolve(response.complete ? (response.statusCode ?? 0) : 'unanswered'));
          response.on('error', () => resolve('unanswered'));
        },
      );
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', (error) =>
        resolve('code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'unanswered'),
      );
      outgoing.end(body);
    });
  }
}
