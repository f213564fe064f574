import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { routeFor, type Source } from '../../lambdas/core/source.ts';
import type { Provider } from '../../lambdas/core/scheme/provider.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { bareEvent } from '../bare-event.ts';
import { connect } from '../connection.ts';
import { signDelivery, type Unsigned } from '../delivery.ts';
import { causeOf, Failure, usage } from '../failure.ts';
import { type Fault, FAULTS, oversized, signsTime, STALE_MS, strangersSecret, withoutSignature } from '../fault.ts';
import { sourceNamed, sourcesOf } from '../gateway.ts';
import { call, type HttpAnswer } from '../http.ts';
import { readKey } from '../key-options.ts';
import { inert } from '../inert.ts';
import { suggestion } from '../nearest.ts';
import { withConnection, withJson } from '../options.ts';
import { INVOCATION, print, printJson, remark } from '../print.ts';
import { newId, readField, sampleEvent, sampleTypes, withId } from '../samples.ts';
import { readCurrent } from '../secrets.ts';
import type { SignedRequest } from '../../lambdas/core/scheme/sign.ts';

interface Options {
  readonly stage: string;
  readonly url?: string;
  readonly json?: true;
  readonly data?: string;
  readonly id?: string;
  readonly fault?: Fault;
  readonly key?: string;
}

export function addSend(program: Command): void {
  const command = program
    .command('send')
    .summary('sign an event as its provider does and post it')
    .description('Sign an event exactly as its provider does, with the current secret of the source, and post it.')
    .argument('<source>', 'a source of lib/config.ts')
    .argument('<type>', 'the type of the event; samples are in examples/events')
    .option('--data <file>', 'send these bytes instead of the sample; - reads them from standard input')
    .option('--id <id>', 'id of the event; a new one each time otherwise')
    .addOption(new Option('--fault <fault>', 'send it with a fault').choices(FAULTS))
    .option('--key <file>', 'private key (PEM) to sign with, for providers whose stored secret is a public key')
    .addHelpText('after', EXAMPLES);
  withJson(withConnection(command)).action(send);
}

const EXAMPLES = `
Faults:
  bad-signature  signed with another secret       unsigned  without its signature
  stale          signed yesterday                 huge      one byte over the source's cap
  duplicate      sent twice

Examples:
  ${INVOCATION} send scalekit organization.directory.user_created
  ${INVOCATION} send inkress payment.success --fault bad-signature
  ${INVOCATION} send skribby status_update --data event.json`;

async function send(sourceName: string, type: string, options: Options): Promise<void> {
  const source = sourceNamed(sourceName, await sourcesOf(options.stage));
  const provider = providers.get(source.provider);
  if (!provider) throw new Failure(`Source ${source.name} names the provider ${source.provider}, which there is not.`);
  const event = eventOf(source, provider, type, options);
  const { fault } = options;
  if (fault === 'stale' && !signsTime(provider)) {
    throw usage(`${provider.title} does not sign when it sends, so none of its deliveries can be stale.`);
  }

  const connection = connect(options, process.env);
  const base = connection.base();
  const { value: secret } = await readCurrent(connection, source);
  const unsigned: Unsigned = {
    ...event,
    body: fault === 'huge' ? oversized(event.body, source.maxBodyBytes) : event.body,
    type,
    target: base.includes('/webhooks/') ? base : `${base}/webhooks/${source.name}`,
    url: source.url,
    timestamp: Date.now() - (fault === 'stale' ? STALE_MS : 0),
    secret,
    key: fault === 'bad-signature' ? strangersSecret(provider) : readKey(options.key),
  };
  const request = spoilt(fault, provider, signDelivery(provider, unsigned));

  const answers: HttpAnswer[] = [];
  for (let attempt = 0; attempt < (fault === 'duplicate' ? 2 : 1); attempt++) {
    answers.push(await call(request, connection.refused));
  }
  if (options.json) printJson(asJson(source, type, event.id, request, answers));
  else tell(source, event.id, request, answers, options);
  if (answers.some(({ status }) => status < 200 || status > 299)) process.exitCode = 1;
}

/** The body and the id of what is sent: as the file has them, or a sample that is new. */
function eventOf(source: Source, provider: Provider, type: string, options: Options): { body: Buffer; id: string } {
  const id = options.id ?? newId();
  if (options.data !== undefined) {
    const body = readFile(options.data === '-' ? 0 : options.data);
    const said = readField(provider.type, body);
    if (said !== undefined && said !== type)
      remark(`The body says it is ${inert(said, 100)}, and that is what counts.`);
    if (options.id !== undefined) return { body: withId(provider, body, id), id };
    return { body, id: readField(provider.id, body) ?? id };
  }
  const sample = sampleEvent(provider.name, type, id, new Date());
  if (sample) return { body: sample, id };
  if (!routeFor(source.routes, type)) {
    const exact = source.routes.map(({ on }) => on).filter((on) => !on.endsWith('*'));
    const known = [...new Set([...sampleTypes(provider.name), ...exact])].sort();
    const meant = known.length > 0 ? ` ${suggestion(type, known)}` : '';
    remark(`No route of ${source.name} wants ${inert(type, 200)}: it is kept, and nothing handles it.${meant}`);
  }
  remark(
    `There is no examples/events/${provider.name}/${inert(type, 200)}.json: sending little more than id and type.`,
  );
  return { body: bareEvent(provider, type, id), id };
}

function readFile(path: string | 0): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw usage(`${path === 0 ? 'Standard input' : inert(path)} can't be read (${causeOf(error)}).`);
  }
}

function spoilt(fault: Fault | undefined, provider: Provider, request: SignedRequest): SignedRequest {
  if (fault !== 'unsigned') return request;
  const bare = withoutSignature(provider, request);
  if (!bare) throw new Failure(`The signature of ${provider.title} can't be taken out of a request.`);
  return bare;
}

function asJson(
  source: Source,
  type: string,
  eventId: string,
  { url }: SignedRequest,
  answers: readonly HttpAnswer[],
): unknown {
  const deliveries = answers.map(({ status, body, ms }) => ({ status, answer: body.toString('utf8'), ms }));
  const { status, answer } = deliveries.at(-1) ?? { status: 0, answer: '' };
  return { source: source.name, type, eventId, url, status, answer, deliveries };
}

function tell(
  source: Source,
  id: string,
  { url }: SignedRequest,
  answers: readonly HttpAnswer[],
  options: Options,
): void {
  for (const { status, statusText, body, ms } of answers) {
    const said = body.length > 0 ? `  ${inert(body.toString('utf8'), 500)}` : '';
    print(`${status} ${inert(statusText)} in ${ms} ms from ${inert(url)}${said}`);
  }
  if (answers.every(({ status }) => status < 200 || status > 299)) return;
  const stage = options.stage === 'local' ? '' : ` --stage ${options.stage}`;
  print(`event ${inert(id)}`);
  print(`See what became of it: ${INVOCATION} show ${source.name} ${quoted(id)}${stage}`);
}

/** As a shell takes it for one word. */
function quoted(id: string): string {
  return /^[\w.:@%+=,/-]+$/.test(id) ? id : `'${inert(id).replaceAll("'", `'\\''`)}'`;
}
