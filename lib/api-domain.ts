import {
  CfnBasePathMapping,
  DomainName,
  EndpointAccessMode,
  EndpointType,
  type RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnOutput } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Domain } from './config.ts';
import type { TlsPolicy } from './tls.ts';

export interface ApiDomainProps {
  readonly domain: Domain;
  readonly tls: TlsPolicy;
  readonly api: RestApi;
}

/** A host name of the team's own for the API, which has no other then. Its DNS record is the team's to make. */
export class ApiDomain extends Construct {
  constructor(scope: Construct, id: string, { domain, tls, api }: ApiDomainProps) {
    super(scope, id);
    const { name, certificateArn, truststore } = domain;
    const [bucket = '', ...key] = truststore?.replace('s3://', '').split('/') ?? [];
    const resource = new DomainName(this, 'Domain', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      endpointType: EndpointType.REGIONAL,
      securityPolicy: tls.securityPolicy,
      ...(tls.strict && { endpointAccessMode: EndpointAccessMode.STRICT }),
      ...(truststore !== undefined && {
        mtls: { bucket: Bucket.fromBucketName(this, 'Truststore', bucket), key: key.join('/') },
      }),
    });
    new CfnBasePathMapping(this, 'Mapping', {
      domainName: resource.domainName,
      restApiId: api.restApiId,
      stage: api.deploymentStage.stageName,
    });
    new CfnOutput(this, 'Target', {
      description: `What the DNS record of ${name} has to point at (CNAME, or an alias in Route 53).`,
      value: resource.domainNameAliasDomainName,
    });
  }
}
