import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import type { InvocationResult } from '../lambda/lambda-function.ts';
import type { Desired } from '../template/desired.ts';
import { isLoopback } from '../waf/addresses.ts';
import { type WafRequest, type WafVerdict, webAclEvaluator } from '../waf/web-acl.ts';
import { type Answer, fromProxyResult, gatewayResponses } from './answer.ts';
import { toEvent } from './event.ts';
import { type ApiRoute, router } from './routes.ts';
import { throttler } from './throttle.ts';
import { Refusal } from '../refusal.ts';

/** API Gateway's limit for a request's body. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Lambda's limit for a synchronous invocation's event. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

export interface ApiOptions {
  readonly desired: Desired;
  readonly account: string;
  readonly invoke: (functionArn: string, event: string) => Promise<InvocationResult>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told which rule of the web ACL refused a request; `Default_Action` when none had let it through. */
  readonly onBlocked?: (rule: string) => void;
}

/** A request whose body has not been read. */
export interface Incoming {
  readonly request: IncomingMessage;
  /** The peer's address from the socket, normalised. */
  readonly sourceIp: string;
  readonly requestId: string;
}

/** Reads a body up to a limit; undefined when it is longer. */
export type ReadBody = (limit: number) => Promise<Buffer | undefined>;

/**
 * The REST API of the template behind its web ACL. A request meets them in AWS's order: web ACL, method, authorisation,
 * throttle, size, function.
 */
export function restApi(options: ApiOptions): (incoming: Incoming, readBody: ReadBody) => Promise<Answer> {
  const { desired, account, invoke, now, onBlocked } = options;
  const [api] = desired.restApis;
  const [stage] = desired.stages;
  if (!api || !stage)
    throw new Refusal(
      'The template has no REST API with a stage, so nothing could be sent to it: add one to the stack.',
    );
  const evaluate = firewall(desired);
  const match = router(desired);
  const admit = throttler(stage.throttles);
  const refuse = gatewayResponses(desired.gatewayResponses);
  const place = { stage: stage.name, account, apiId: api.id, binary: api.binaryMediaTypes.includes('*/*') };

  return async ({ request, sourceIp, requestId }, readBody) => {
    const method = request.method ?? 'GET';
    const [rawPath = '/', query = ''] = splitOnce(request.url ?? '/', '?');
    const receivedAt = now();
    const verdict = evaluate({ path: rawPath, query, method, sourceIp, headers: request.headers }, receivedAt);
    if (!verdict.allowed) onBlocked?.(verdict.rule);
    if (!verdict.allowed) {
      return { ...(verdict.response ? own(verdict.response) : refuse('WAF_FILTERED', requestId)), blocked: true };
    }

    const path = withoutStage(rawPath, stage.name);
    const found = match(method, path);
    if (!found.found) return refuse('MISSING_AUTHENTICATION_TOKEN', requestId);
    const { route, parameters } = found;
    if (
      route.authorization === 'AWS_IAM' &&
      !(isLocalCaller(sourceIp, request.headers.host) && isNoPage(request.headers))
    ) {
      return refuse('ACCESS_DENIED', requestId);
    }
    if (!admit(route.httpMethod, route.resourcePath, receivedAt)) return refuse('THROTTLED', requestId);

    const body = await readBody(MAX_BODY_BYTES);
    if (!body) return refuse('REQUEST_TOO_LARGE', requestId);
    const { rawHeaders } = request;
    const received = { method, path, rawPath, query, rawHeaders, body, sourceIp, receivedAt, requestId };
    const event = toEvent(received, route, parameters, place);
    if (event.length > MAX_EVENT_BYTES) return refuse('REQUEST_TOO_LARGE', requestId);

    const result = await withTimeout(invoke(route.functionArn, event), route);
    if (result === 'timeout') return refuse('INTEGRATION_TIMEOUT', requestId);
    const answer = result.ok ? fromProxyResult(result.payload) : undefined;
    return answer ?? refuse('INTEGRATION_FAILURE', requestId);
  };
}

function firewall(desired: Desired): (request: WafRequest, now: number) => WafVerdict {
  const [association] = desired.associations;
  if (!association) return () => ({ allowed: true });
  const acl = desired.webAcls.find(({ arn }) => arn === association.webAclArn);
  if (!acl)
    throw new Refusal(
      `The template associates the API with ${association.webAclArn}, which it does not have: name its own web ACL.`,
    );
  return webAclEvaluator(acl, desired.ipSets);
}

function own(response: Extract<WafVerdict, { allowed: false }>['response'] & object): Answer {
  return {
    status: response.status,
    headers: {
      ...(response.contentType !== undefined && { 'content-type': response.contentType }),
      ...response.headers,
    },
    body: Buffer.from(response.body ?? ''),
  };
}

/** This host stands for a custom domain (no stage in the path) and for the API's own address (stage first). */
function withoutStage(path: string, stage: string): string {
  return path === `/${stage}` || path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) || '/' : path;
}

/**
 * Stands in for AWS_IAM: a caller on this machine that addressed this machine. A web page whose name was rebound to
 * 127.0.0.1 is on this machine too, but its Host header still carries the page's name.
 */
export function isLocalCaller(sourceIp: string, host: string | undefined): boolean {
  if (!isLoopback(sourceIp)) return false;
  const name = (host ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (name === 'localhost') return true;
  return (isIPv4(name) || isIPv6(name)) && isLoopback(name);
}

/**
 * Whether no web page of another site made the request: a browser sends what a form or a script of any page asks for,
 * from this machine and with this machine's name, and says so in one of these.
 * https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header, https://fetch.spec.whatwg.org/#origin-header
 */
export function isNoPage({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return origin === undefined || origin === `http://${host}`;
}

async function withTimeout(result: Promise<InvocationResult>, route: ApiRoute): Promise<InvocationResult | 'timeout'> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(() => resolve('timeout'), route.timeoutMs);
  });
  try {
    return await Promise.race([result, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
