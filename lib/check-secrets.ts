import { settingProblems } from '../lambdas/core/secrets/registration.ts';
import { ISSUED_BYTES, writeKey } from '../lambdas/core/scheme/key.ts';
import { offersSecret } from '../lambdas/core/scheme/provider.ts';
import { providers } from '../lambdas/providers/index.ts';
import { registrations } from '../lambdas/rotations/index.ts';
import type { SourceConfig } from './config.ts';

const GROUP_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** Of Secrets Manager. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html */
const MOST_DAYS = 1000;
/** Counted from the new secret's birth, of which a minute goes by before the provider is told, and half may. */
const LEAST_OVERLAP_SECONDS = 600;

/** What is wrong with how a source's secret is kept and rotated. */
export function secretProblems(source: SourceConfig, place: string): string[] {
  const { secretGroup, secretOverlap, rotation } = source;
  const provider = providers.get(source.provider);
  const problems: string[] = [];
  if (secretOverlap !== undefined && secretOverlap.toSeconds() <= 0) {
    problems.push(
      `${place} has no secretOverlap, so each rotation would refuse what is on its way: give some time, or leave it out.`,
    );
  }
  if (secretGroup !== undefined && !GROUP_NAME.test(secretGroup)) {
    problems.push(
      `${place} has the secretGroup '${secretGroup}': use 1 to 63 lower-case letters, digits and hyphens, no hyphen first.`,
    );
  }
  if (secretGroup !== undefined && provider && offersSecret(provider)) {
    problems.push(
      `${place} has a secretGroup, but ${source.provider} sends its secret with its first request, and the verifier may not write a secret of many sources: remove secretGroup.`,
    );
  }
  return rotation ? [...problems, ...rotationProblems(source, rotation, place)] : problems;
}

function rotationProblems(
  { provider: name, secretGroup, secretOverlap }: SourceConfig,
  { everyDays, settings = {}, credential }: NonNullable<SourceConfig['rotation']>,
  place: string,
): string[] {
  const problems: string[] = [];
  if (!(Number.isInteger(everyDays) && everyDays >= 1 && everyDays <= MOST_DAYS)) {
    problems.push(`${place} has rotation.everyDays ${everyDays}: give a whole number from 1 to ${MOST_DAYS}.`);
  }
  if (secretGroup !== undefined) {
    problems.push(
      `${place} has both rotation and secretGroup, but Secrets Manager rotates a secret as a whole: remove one.`,
    );
  }
  if (!GROUP_NAME.test(credential)) {
    problems.push(
      `${place} has rotation.credential '${credential}': use 1 to 63 lower-case letters, digits and hyphens, no hyphen first.`,
    );
  }
  if (secretOverlap !== undefined && secretOverlap.toSeconds() < LEAST_OVERLAP_SECONDS) {
    problems.push(
      `${place} has a rotation and a secretOverlap of ${secretOverlap.toSeconds()} s, so the old secret would end while its deliveries are on their way: give at least ${LEAST_OVERLAP_SECONDS / 60} minutes.`,
    );
  }
  const provider = providers.get(name);
  if (!provider) return problems;
  const registration = registrations.get(name);
  if (!registration) {
    problems.push(
      `${place} has a rotation, but there is no lambdas/rotations/${name}.ts that tells ${provider.title} a new secret: add it, or rotate there and run \`secret set\`.`,
    );
    return problems;
  }
  if (writeKey(Buffer.alloc(ISSUED_BYTES), provider.scheme.key) === undefined) {
    problems.push(
      `${place} has a rotation, but ${provider.title} signs with a key that nobody else can issue: remove it.`,
    );
  }
  return [...problems, ...settingProblems(registration, settings).map((problem) => `${place} ${problem}`)];
}
