import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { InputError } from '@hospital-ops/action-kit/errors';
import { lazyPort } from '@hospital-ops/action-kit/lazy';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { createRepository } from '@hospital-ops/git/client';
import type { GitHubApi } from '@hospital-ops/github/api';
import { readContext } from '@hospital-ops/github/context';
import { parseDetectInputs } from './inputs.ts';
import { outputs, runDetectChanges } from './run.ts';

/** Returns the folder of the checkout. Throws InputError when it lies outside the workspace, also by a link. */
const checkoutIn = (workspace: string, directory: string): string => {
  const wanted = resolve(workspace, directory);
  if (!existsSync(wanted)) return wanted;
  const inside = relative(realpathSync(workspace), realpathSync(wanted));
  if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return wanted;
  throw new InputError([`\`working-directory\`: "${directory}" lies outside the workspace`]);
};

export const main = () =>
  runAction({
    name: 'detect-changes',
    outputs,
    parse: parseDetectInputs,
    connect: (inputs, { env, log, clock, signal, addSecret }) => {
      if (inputs.token) addSecret(inputs.token);
      const event = readContext(env, (path) => readFileSync(path, 'utf8'));
      if (event.payloadProblem !== undefined) log.warning(event.payloadProblem);
      const repository = createRepository({
        directory: checkoutIn(env.GITHUB_WORKSPACE ?? process.cwd(), inputs.workingDirectory),
        env,
        signal,
        clock,
        temporary: env.RUNNER_TEMP ?? tmpdir(),
        token: inputs.token,
        serverUrl: event.serverUrl,
      });
      const { token } = inputs;
      const { repository: named, apiUrl } = event;
      const api =
        token && named
          ? lazyPort<GitHubApi>(async () =>
              (await import('@hospital-ops/github/client')).createGitHubApi({
                token,
                repository: named,
                apiUrl,
                clock,
                signal,
                log,
              }),
            )
          : undefined;
      return { repository, event, api, log };
    },
    run: runDetectChanges,
  });
