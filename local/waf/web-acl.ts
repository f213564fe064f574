import type { WebAcl } from '../template/desired.ts';
import { addressSet } from './addresses.ts';
import { RateWindow } from './rate.ts';
import type { CustomResponse, Field, Statement, Transformation, WafAction } from './rules.ts';
import { Refusal } from '../refusal.ts';

/** The parts of a request that rules look at. */
export interface WafRequest {
  /** Raw, as the client sent it: neither decoded nor tidied, without the query. */
  readonly path: string;
  readonly query: string;
  readonly method: string;
  /** The peer's address from the socket, normalised. */
  readonly sourceIp: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export type WafVerdict =
  { readonly allowed: true } | { readonly allowed: false; readonly rule: string; readonly response?: WafResponse };

export interface WafResponse extends CustomResponse {
  readonly contentType?: string;
  readonly body?: string;
}

type Test = (request: WafRequest, labels: ReadonlySet<string>, now: number) => boolean;

/** Makes one function of a web ACL: rules in order of priority, the first that blocks or allows decides. */
export function webAclEvaluator(
  acl: WebAcl,
  ipSets: ReadonlyMap<string, readonly string[]>,
): (request: WafRequest, now: number) => WafVerdict {
  const rules = acl.rules.map((rule) => ({ ...rule, test: compile(rule.statement, ipSets) }));
  const verdict = (action: WafAction, rule: string): WafVerdict => {
    if (action.kind !== 'block') return { allowed: true };
    if (!action.response) return { allowed: false, rule };
    const { bodyKey } = action.response;
    const body = bodyKey === undefined ? undefined : acl.bodies[bodyKey];
    return {
      allowed: false,
      rule,
      response: { ...action.response, ...(body && { contentType: body.contentType, body: body.content }) },
    };
  };
  return (request, now) => {
    const labels = new Set<string>();
    for (const { name, action, labels: added, test } of rules) {
      if (!test(request, labels, now)) continue;
      for (const label of added) labels.add(label);
      if (action.kind !== 'count') return verdict(action, name);
    }
    // As metrics call it: https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
    return verdict(acl.defaultAction, 'Default_Action');
  };
}

function compile(statement: Statement, ipSets: ReadonlyMap<string, readonly string[]>): Test {
  switch (statement.kind) {
    case 'and': {
      const tests = statement.statements.map((one) => compile(one, ipSets));
      return (...request) => tests.every((test) => test(...request));
    }
    case 'or': {
      const tests = statement.statements.map((one) => compile(one, ipSets));
      return (...request) => tests.some((test) => test(...request));
    }
    case 'not': {
      const test = compile(statement.statement, ipSets);
      return (...request) => !test(...request);
    }
    case 'ip-set': {
      const { arn } = statement;
      if (!ipSets.has(arn))
        throw new Refusal(`The web ACL names the IP set ${arn}, which the template does not have: add it.`);
      let blocks = ipSets.get(arn) ?? [];
      let contains = addressSet(blocks);
      return ({ sourceIp }) => {
        const now = ipSets.get(arn) ?? [];
        // Another list is in its place once a function has replaced it.
        if (now !== blocks) [blocks, contains] = [now, addressSet(now)];
        return contains(sourceIp);
      };
    }
    case 'label':
      return (_request, labels) => labels.has(statement.key);
    case 'bytes':
      return compileBytes(statement);
    case 'regex':
      return (request) => statement.pattern.test(valueOf(request, statement.field) ?? '');
    case 'body-size':
      return ({ headers }) => Number(headers['content-length'] ?? 0) > statement.over;
    case 'managed':
      return () => false;
    case 'rate':
      return compileRate(statement, ipSets);
  }
}

function compileBytes({ field, position, search, transformations }: Extract<Statement, { kind: 'bytes' }>): Test {
  const matches = {
    EXACTLY: (value: string) => value === search,
    STARTS_WITH: (value: string) => value.startsWith(search),
    ENDS_WITH: (value: string) => value.endsWith(search),
    CONTAINS: (value: string) => value.includes(search),
  }[position];
  return (request) => {
    const value = valueOf(request, field);
    return value !== undefined && matches(transformations.reduce(transform, value));
  };
}

function compileRate(
  { by, limit, windowSeconds, within }: Extract<Statement, { kind: 'rate' }>,
  ipSets: ReadonlyMap<string, readonly string[]>,
): Test {
  const inScope = within ? compile(within, ipSets) : () => true;
  const window = new RateWindow(limit, windowSeconds);
  return (request, labels, now) => {
    if (!inScope(request, labels, now)) return false;
    const key = by.map((part) => (part === 'ip' ? request.sourceIp : request.path)).join('\n');
    return window.isOver(key, now);
  };
}

function valueOf(request: WafRequest, field: Field): string | undefined {
  switch (field.kind) {
    case 'path':
      return request.path;
    case 'method':
      return request.method;
    case 'query':
      return request.query;
    case 'header': {
      const value = request.headers[field.name];
      return Array.isArray(value) ? value.join(',') : value;
    }
  }
}

function transform(value: string, transformation: Transformation): string {
  if (transformation === 'LOWERCASE') return value.toLowerCase();
  return value.replaceAll(/%([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
