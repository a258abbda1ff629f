/** Messages of one release as the docs show them: what each step of a workflow passes to its notify action. */
export interface Scene {
  readonly name: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Seconds since a first message, which this one updates. */
  readonly after?: number;
}

const ARN = 'arn:aws:ecs:ap-south-1:123456789012:task-definition/hospital-ops-production-';
const revision = (service: string, number: number, version: string) => ({
  'task-definition': `${ARN}${service}:${number}`,
  version,
});

const RELEASE = { environment: 'production', version: '1.1.0', url: 'https://hospital.example.org' };

const DEPLOYED = [
  { name: 'api', old: revision('api', 41, '1.0.0'), new: revision('api', 42, '1.1.0'), 'duration-seconds': 142 },
  { name: 'web', old: revision('web', 17, '1.0.0'), new: revision('web', 18, '1.1.0'), 'duration-seconds': 87 },
].map((service) => ({ ...service, outcome: 'deployed', reason: '', serving: service.new, log: [] }));

const UNCHANGED = {
  name: 'worker',
  outcome: 'unchanged',
  reason: '',
  serving: revision('worker', 9, '1.0.0'),
  log: [],
};

const ROLLED_BACK = [
  {
    name: 'api',
    outcome: 'rolled-back',
    reason: '3 of 3 new tasks stopped: container "app" exited 1 (EssentialContainerExited)',
    old: revision('api', 41, '1.0.0'),
    new: revision('api', 42, '1.1.0'),
    serving: revision('api', 41, '1.0.0'),
    log: [
      'listening on :8080',
      'connecting to the database',
      'Error: DB_URL is not set',
      '    at connect (dist/database.js:14:11)',
    ],
    'duration-seconds': 192,
  },
  {
    name: 'web',
    outcome: 'rolled-back',
    reason: 'it went back with the release, as "api" failed',
    old: revision('web', 17, '1.0.0'),
    new: revision('web', 18, '1.1.0'),
    serving: revision('web', 17, '1.0.0'),
    log: [],
    'duration-seconds': 205,
  },
  UNCHANGED,
];

export const SCENES: readonly Scene[] = [
  { name: 'in-progress', inputs: { ...RELEASE, status: 'in-progress', stage: 'deploying (2/3)' }, after: 134 },
  {
    name: 'deployed',
    inputs: {
      ...RELEASE,
      status: 'success',
      result: JSON.stringify([...DEPLOYED, UNCHANGED]),
      'changelog-from': 'v1.0.0',
      duration: '252',
    },
  },
  {
    name: 'rolled-back',
    inputs: {
      ...RELEASE,
      status: 'failure',
      result: JSON.stringify(ROLLED_BACK),
      'changelog-from': 'v1.0.0',
      duration: '252',
    },
  },
];
