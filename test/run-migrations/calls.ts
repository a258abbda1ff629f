/** Every call of a migration, in the order in which they are made. */
export const CALLS = [
  'DescribeServices',
  'DescribeTaskDefinition',
  'ListTasks',
  'RegisterTaskDefinition',
  'RunTask',
  'DescribeTasks',
  'GetLogEvents',
  'StopTask',
] as const;
