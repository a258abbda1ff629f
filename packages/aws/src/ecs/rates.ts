import type { Rate } from '../pacer.ts';

/**
 * The rates of the ECS API per account and region ("Request throttling for the Amazon ECS API", Amazon ECS API
 * Reference). Calls that are made once have all of them; looks that are repeated take half, so that other jobs and
 * people can look as well.
 */
export const ECS_RATES: readonly Rate[] = [
  { operations: ['RegisterTaskDefinition', 'DeregisterTaskDefinition'], burst: 20, perSecond: 1 },
  { operations: ['UpdateService'], burst: 50, perSecond: 5 },
  { operations: ['DescribeTaskDefinition'], burst: 50, perSecond: 20 },
  { operations: ['DescribeServices', 'ListServices'], burst: 50, perSecond: 10 },
  { operations: ['DescribeServiceDeployments', 'ListServiceDeployments'], burst: 25, perSecond: 10 },
  { operations: ['DescribeServiceRevisions'], burst: 25, perSecond: 10 },
  { operations: ['DescribeTasks', 'ListTasks'], burst: 50, perSecond: 10 },
];
