import { appendFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type Decision, decide, type Need, type Principal, refusalOf } from './decide.ts';
// Erased whole, unlike an inline `type`: the rules' module leads back to the services, which make a guard as they load.
import type { Rules } from './rules.ts';
import type { Statement } from './statement.ts';

/** A line of the file that keeps what the functions were allowed and refused. */
export interface Noted {
  readonly function: string;
  readonly allowed: boolean;
  /** As granted, where it was; as asked for, where it was refused. */
  readonly action: string;
  readonly resource: string;
}

/** More would be object names, of which there is no end. */
const MOST_DECISIONS = 20_000;

/**
 * Stands before the services of this machine: a call of a function that its role does not allow is refused, whoever
 * else calls is the operator. A function is known by its access key id, which is its logical id.
 */
export class Guard {
  #principals: ReadonlyMap<string, Principal> = new Map();
  #resourcePolicies: ReadonlyMap<string, readonly Statement[]> = new Map();
  #keys: ReadonlyMap<string, string> = new Map();
  readonly #decisions = new Map<string, Decision>();
  readonly #noted = new Set<string>();
  readonly #report: (refused: Noted) => void;
  #file = '';

  /** @param report told of each refusal when it is first made */
  constructor(report: (refused: Noted) => void = () => undefined) {
    this.#report = report;
  }

  /**
   * Until then there are no functions, and everybody is the operator.
   *
   * @param file takes a line for each permission when it is first used, and for each first refusal
   */
  bind({ principals, resourcePolicies, keys }: Rules, file: string): void {
    this.#principals = new Map(principals.map((principal) => [principal.function, principal]));
    const byResource = Map.groupBy(resourcePolicies, ({ resourceArn }) => resourceArn);
    this.#resourcePolicies = new Map(
      [...byResource].map(([arn, policies]) => [arn, policies.flatMap(({ statements }) => statements)]),
    );
    this.#keys = new Map(keys);
    this.#file = file;
  }

  /** The function that sent a request; undefined for the operator. */
  callerOf({ authorization }: IncomingMessage['headers']): Principal | undefined {
    const id = /\bCredential=([^/,\s]+)/.exec(authorization ?? '')?.[1];
    return id === undefined ? undefined : this.#principals.get(id);
  }

  principal(functionId: string): Principal | undefined {
    return this.#principals.get(functionId);
  }

  /** ARN of the key that encrypts a resource, when that is one of the template's. */
  keyOf(resourceArn: string): string | undefined {
    return this.#keys.get(resourceArn);
  }

  /** Why the caller may not, as AWS says it; undefined when all needs are allowed. */
  refusal(caller: Principal, needs: readonly Need[]): string | undefined {
    for (const need of needs) {
      const decision = this.#decision(caller, need);
      if (!decision.allowed) return refusalOf(need, caller, decision.because);
    }
    return undefined;
  }

  #decision(caller: Principal, need: Need): Decision {
    const key = `${caller.function} ${need.action} ${need.resource} ${need.context?.['kms:viaservice'] ?? ''}`;
    const known = this.#decisions.get(key);
    if (known) return known;
    if (this.#decisions.size >= MOST_DECISIONS) this.#decisions.clear();
    const decision = decide(need, caller, this.#policyOf(need.resource));
    this.#decisions.set(key, decision);
    for (const { action, resource } of decision.allowed ? decision.by : [need]) {
      this.#note({ function: caller.function, allowed: decision.allowed, action, resource });
    }
    return decision;
  }

  #policyOf(resource: string): readonly Statement[] {
    // A bucket's policy is about its objects too.
    const owner = resource.startsWith('arn:aws:s3:::') ? (resource.split('/')[0] ?? resource) : resource;
    return this.#resourcePolicies.get(owner) ?? [];
  }

  #note(noted: Noted): void {
    const line = JSON.stringify(noted);
    if (this.#noted.has(line) || this.#noted.size >= MOST_DECISIONS) return;
    this.#noted.add(line);
    appendFileSync(this.#file, `${line}\n`);
    if (!noted.allowed) this.#report(noted);
  }
}
