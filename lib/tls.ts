import { SecurityPolicy } from 'aws-cdk-lib/aws-apigateway';
import type { StageConfig } from './config.ts';

/**
 * How a connection is encrypted. `tls12-strict`: TLS 1.3, or 1.2 with forward secrecy. `tls13`: nothing older; ask your
 * providers first. `mtls`: TLS 1.2 and later, and the caller has a certificate too; only at a domain of your own.
 */
export type Tls = 'tls12-strict' | 'tls13' | 'mtls';

export interface TlsPolicy {
  readonly securityPolicy: SecurityPolicy;
  /** Strict: the host of a request must be the one its TLS handshake named. The older policies don't have it. */
  readonly strict: boolean;
}

/**
 * Of the API and of its domain alike, because API Gateway may take either for a handshake at the domain. A domain with
 * mutual TLS can't have the newer policies.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html
 */
export function tlsPolicyOf({ tls = 'tls12-strict' }: Pick<StageConfig, 'tls'>): TlsPolicy {
  const policies: Readonly<Record<Tls, TlsPolicy>> = {
    'tls12-strict': { securityPolicy: SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09, strict: true },
    tls13: { securityPolicy: SecurityPolicy.TLS13_1_3_2025_09, strict: true },
    mtls: { securityPolicy: SecurityPolicy.TLS_1_2, strict: false },
  };
  return policies[tls];
}

const DOMAIN_NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const CERTIFICATE = /^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate\/[A-Za-z0-9-]+$/;
const TRUSTSTORE = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.+$/;

/** Combinations that AWS would refuse at deployment, or that would leave a way round. */
export function tlsProblems({ tls, domain }: Pick<StageConfig, 'tls' | 'domain'>, place: string): string[] {
  const problems: string[] = [];
  if (tls === 'mtls' && !domain) {
    problems.push(
      `${place} has tls 'mtls' without a domain: API Gateway asks callers for certificates at custom domains only. Give domain, with its truststore.`,
    );
  }
  if (tls === 'mtls' && domain && domain.truststore === undefined) {
    problems.push(
      `${place} has tls 'mtls' and domain without a truststore: name the file of the authorities whose certificates are accepted, as s3://bucket/key.`,
    );
  }
  if (tls !== 'mtls' && domain?.truststore !== undefined) {
    problems.push(
      `${place} has domain.truststore with tls '${tls ?? 'tls12-strict'}', a policy that API Gateway can't combine with certificates of callers: set tls: 'mtls', or remove the truststore.`,
    );
  }
  if (!domain) return problems;
  if (!DOMAIN_NAME.test(domain.name)) {
    problems.push(
      `${place} has domain.name '${domain.name}', which is no name of a host: write it as hooks.example.com.`,
    );
  }
  if (!CERTIFICATE.test(domain.certificateArn)) {
    problems.push(
      `${place} has domain.certificateArn '${domain.certificateArn}', which is no certificate of ACM: copy its ARN, of the stage's own region.`,
    );
  }
  if (domain.truststore !== undefined && !TRUSTSTORE.test(domain.truststore)) {
    problems.push(`${place} has domain.truststore '${domain.truststore}': write it as s3://bucket/key.`);
  }
  return problems;
}
