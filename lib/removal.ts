import { RemovalPolicy } from 'aws-cdk-lib';
import type { StageConfig } from './config.ts';

/**
 * What becomes of data whose resource goes. Kept, except when its creation is rolled back: a secret that stayed behind
 * a failed first deployment would have its name taken at the second.
 */
export function dataRemoval({ keepsData }: StageConfig): RemovalPolicy {
  return keepsData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
