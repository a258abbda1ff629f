import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const SERVER = `require('node:http')
  .createServer((request, response) => response.end('{"version":"' + process.env.APP_VERSION + '"}'))
  .listen(process.env.PORT);
`;

export const DOCKERFILE = 'FROM node:24\nCOPY desk /app\nEXPOSE 8080\nCMD ["node", "/app/server.js"]\n';

/** A pipeline file of these services, with nothing after the address of its one environment. */
export const pipeline = (...services: readonly string[]): string => `project: ward
services:
${services.map((name) => `  ${name}:\n    path: ${name}\n    version-variable: APP_VERSION\n    smoke: [{ url: "{url}/" }]`).join('\n')}
environments:
  production:
    region: ap-south-1
    url: { ${services.map((name) => `${name}: "https://${name}.example.org"`).join(', ')} }
`;

export const WORKFLOW = `on: { push: { tags: ["v*"] } }
permissions: { actions: read, contents: read, deployments: write, id-token: write }
jobs:
  deploy:
    uses: ORG/hospital-ops-actions/.github/workflows/deploy.yml@v1
    with: { environment: production, aws-role: "\${{ vars.ROLE }}" }
`;

export type Files = Readonly<Record<string, string | undefined>>;

const BEFORE: Files = {
  '.github/hospital-ops.yml': pipeline('desk'),
  '.github/workflows/deploy-production.yml': WORKFLOW,
  'desk/Dockerfile': DOCKERFILE,
  'desk/server.js': SERVER,
};

let count = 0;
/**
 * Makes a repository below `temp` with the tags v1.0.0 and v1.1.0, without `after` with the first alone; undefined takes a
 * file away. Returns its folder.
 */
export const wardIn = (temp: string, before: Files, after?: Files): string => {
  const folder = join(temp, `clone-${count++}`, 'ward');
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@e', ...args], { cwd: folder });
  git('init', '--quiet', '--initial-branch=main');
  const first: Files = { ...BEFORE, ...before };
  for (const [tag, files] of Object.entries({ 'v1.0.0': first, ...(after && { 'v1.1.0': after }) })) {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      if (content === undefined) rmSync(join(folder, path), { force: true });
      else writeFileSync(join(folder, path), content);
    }
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '--message', tag);
    git('tag', tag);
  }
  return folder;
};

/** What v1.1.0 differs by where only that it differs matters. */
export const CHANGED: Files = { 'desk/server.js': `${SERVER}// changed\n` };
