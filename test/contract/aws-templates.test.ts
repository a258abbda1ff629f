import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './workflow-files.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const json = (path: string) => JSON.parse(read(path));

interface Statement {
  readonly Action: string | readonly string[];
}
const actionsOf = (statements: readonly Statement[]): string[] =>
  [...new Set(statements.flatMap(({ Action }) => Action))].sort();

const readmes = globSync('actions/*/README.md', { cwd: ROOT }).map(read);

/** What the READMEs say: policies as whole documents, and statements that only some releases need as lists. */
const blocks = readmes
  .flatMap((text) => [...text.matchAll(/```json\n(.*?)```/gs)])
  .map(([, block = '']) => JSON.parse(block) as { Statement?: Statement[] } | Statement[]);
const needed = actionsOf(blocks.flatMap((block) => (Array.isArray(block) ? [] : (block.Statement ?? []))));
const optional = actionsOf(blocks.flatMap((block) => (Array.isArray(block) ? block : [])));

/** Prefix of each SDK client's IAM actions where it is not the client's own name. */
const PREFIX: Readonly<Record<string, string>> = {
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  'cloudwatch-logs': 'logs',
  'secrets-manager': 'secretsmanager',
};

/** The calls that the clients make, as IAM calls them. */
const called = globSync('packages/aws/src/**/client.ts', { cwd: ROOT }).flatMap((path) => {
  const text = read(path);
  return [...text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([\w-]+)'/g)].flatMap(
    ([, names = '', client = '']) =>
      [...names.matchAll(/\b(\w+)Command\b/g)].map(([, name]) => `${PREFIX[client] ?? client}:${name}`),
  );
});

/** Calls that only builds make: what promotes cannot bring in anything new. */
const BUILD = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:CompleteLayerUpload',
  'ecr:CreateRepository',
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
];
const policy = (name: string): string[] => actionsOf(json(`workflows-templates/aws/${name}.json`).Statement);

test('the READMEs name every call that a client makes, and the clients are found', () => {
  expect(called.length).toBeGreaterThan(30);
  const named = readmes.flatMap((text) => text.match(/\b[a-z]+:[A-Z]\w+/g) ?? []);
  expect(named).toEqual(expect.arrayContaining(called));
});

describe.each([
  ['deployer-policy', needed],
  ['deployer-policy-promoting', needed.filter((action) => !BUILD.includes(action))],
])('%s', (name, wanted) => {
  test('allows what the READMEs name, and nothing that they do not', () => {
    expect(policy(name)).toEqual(expect.arrayContaining(wanted));
    expect([...wanted, ...optional]).toEqual(expect.arrayContaining(policy(name)));
  });

  test('allows of images what the workflows call, which neither scan nor set lifecycles', () => {
    const ofImages = (actions: readonly string[]) => actions.filter((action) => action.startsWith('ecr:'));
    expect(ofImages(policy(name))).toEqual(ofImages(wanted));
  });

  test('allows no wildcard, and no role but those of the tasks', () => {
    expect(policy(name).filter((action) => action.includes('*'))).toEqual([]);
    const passing = json(`workflows-templates/aws/${name}.json`).Statement.filter((one: Statement) =>
      actionsOf([one]).includes('iam:PassRole'),
    );
    expect(passing).toEqual([expect.objectContaining({ Condition: expect.anything(), Resource: expect.any(Array) })]);
  });
});

test('the trust policy takes the jobs of one environment of one repository', () => {
  const [{ Condition }] = json('workflows-templates/aws/trust-policy.json').Statement;
  expect(Condition).toEqual({
    StringEquals: {
      'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
      'token.actions.githubusercontent.com:sub': 'repo:OWNER/REPOSITORY:environment:ENVIRONMENT',
    },
  });
});

test('every file that the overview of the templates links is there', () => {
  const links = [...read('workflows-templates/README.md').matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => path);
  expect(links.filter((path) => !existsSync(join(ROOT, 'workflows-templates', path)))).toEqual([]);
});
