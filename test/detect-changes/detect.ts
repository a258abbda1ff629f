import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { rawInputs } from '@hospital-ops/action-kit/inputs';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { workspaceReader } from '@hospital-ops/action-kit/run-action';
import { createRepository } from '@hospital-ops/git/client';
import { createGitHubApi } from '@hospital-ops/github/client';
import { readContext } from '@hospital-ops/github/context';
import { parseDetectInputs } from '../../actions/detect-changes/src/inputs.ts';
import { runDetectChanges } from '../../actions/detect-changes/src/run.ts';
import { TOKEN } from '../support/local-github.ts';
import { gitEnv } from './git-world.ts';

export const FILTERS = 'api: apps/api/**\nweb: apps/web/**\nshared: packages/shared/**\ndocs: docs/**\n';

export interface Event {
  readonly name: string;
  readonly ref?: string;
  readonly sha?: string;
  readonly payload?: unknown;
  /** Where GitHub's API answers; without it there is no token. */
  readonly apiUrl?: string;
}

/** Runs the action's parse and run on a checkout, as the runner would for `event`. */
export const detect = async (
  directory: string,
  event: Event,
  inputs: Readonly<Record<string, string>> = { filters: FILTERS },
) => {
  const env = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));
  const parsed = parseDetectInputs(rawInputs(env), workspaceReader(directory));
  const log = createMemoryLog();
  const repository = createRepository({
    directory,
    env: gitEnv,
    signal: new AbortController().signal,
    clock: new FakeClock(),
    temporary: `${directory}/..`,
    token: undefined,
    serverUrl: 'https://github.com',
  });
  const context = readContext(
    { GITHUB_EVENT_NAME: event.name, GITHUB_REF: event.ref, GITHUB_SHA: event.sha, GITHUB_EVENT_PATH: 'event.json' },
    () => JSON.stringify(event.payload ?? {}),
  );
  const { apiUrl } = event;
  const api = apiUrl
    ? createGitHubApi({
        token: TOKEN,
        repository: { owner: 'rivercare', name: 'hospital-ops' },
        apiUrl,
        clock: new FakeClock(),
        signal: new AbortController().signal,
        log,
      })
    : undefined;
  const { outputs, summary } = await runDetectChanges(parsed, { repository, event: context, api, log });
  return { outputs, summary: summary.render(), log: log.lines };
};

/** The booleans of the four filters. */
export const booleans = (outputs: Readonly<Record<string, string>>) =>
  Object.fromEntries(['api', 'web', 'shared', 'docs'].map((name) => [name, outputs[name] === 'true']));
