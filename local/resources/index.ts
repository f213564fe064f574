import type { ResourceType } from '../template/resource-type.ts';
import { apiMethod } from './api-method.ts';
import { apiResource } from './api-resource.ts';
import { apiStage } from './api-stage.ts';
import { bucketPolicy } from './bucket-policy.ts';
import { bucket } from './bucket.ts';
import { cloudWatchAlarm } from './cloudwatch-alarm.ts';
import { cloudWatchCompositeAlarm } from './cloudwatch-composite-alarm.ts';
import { eventSourceMapping } from './event-source-mapping.ts';
import { eventsRule } from './events-rule.ts';
import { gatewayResponse } from './gateway-response.ts';
import { iamManagedPolicy } from './iam-managed-policy.ts';
import { iamPolicy } from './iam-policy.ts';
import { iamRole } from './iam-role.ts';
import { ipSet } from './ip-set.ts';
import { kmsKey } from './kms-key.ts';
import { lambdaFunction } from './lambda-function.ts';
import { queuePolicy } from './queue-policy.ts';
import { logGroup } from './log-group.ts';
import { logStream } from './log-stream.ts';
import { metricFilter } from './metric-filter.ts';
import { queue } from './queue.ts';
import { restApi } from './rest-api.ts';
import { rotationSchedule } from './rotation-schedule.ts';
import { schedulerSchedule } from './scheduler-schedule.ts';
import { secretPolicy } from './secret-policy.ts';
import { secret } from './secret.ts';
import { subscriptionFilter } from './subscription-filter.ts';
import { table } from './table.ts';
import { webAclAssociation } from './web-acl-association.ts';
import { webAcl } from './web-acl.ts';

/** The resource types that run here. A new one is a file and a line. */
export const resourceTypes: readonly ResourceType[] = [
  table,
  queue,
  secret,
  rotationSchedule,
  bucket,
  iamRole,
  iamPolicy,
  iamManagedPolicy,
  queuePolicy,
  bucketPolicy,
  secretPolicy,
  kmsKey,
  lambdaFunction,
  eventSourceMapping,
  eventsRule,
  schedulerSchedule,
  restApi,
  apiResource,
  apiMethod,
  apiStage,
  gatewayResponse,
  ipSet,
  subscriptionFilter,
  webAcl,
  webAclAssociation,
  cloudWatchAlarm,
  cloudWatchCompositeAlarm,
  logGroup,
  logStream,
  metricFilter,
];
