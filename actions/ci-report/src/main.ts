import { readFileSync } from 'node:fs';
import { lazyPort } from '@hospital-ops/action-kit/lazy';
import { runAction } from '@hospital-ops/action-kit/run-action';
import type { Comments } from '@hospital-ops/github/comments';
import { readContext } from '@hospital-ops/github/context';
import { pullRequestOf } from '@hospital-ops/github/payload';
import { parseReportInputs } from './inputs.ts';
import { outputs, runCiReport } from './run.ts';

export const main = () =>
  runAction({
    name: 'ci-report',
    outputs,
    parse: parseReportInputs,
    connect: ({ token }, { env, log, clock, signal, addSecret, redact }) => {
      if (token) addSecret(token);
      const { repository, apiUrl, runUrl, payload } = readContext(env, (path) => readFileSync(path, 'utf8'));
      const number = pullRequestOf(payload)?.number;
      const pullRequest =
        token && repository && number !== undefined
          ? {
              number,
              comments: lazyPort<Comments>(async () =>
                (await import('@hospital-ops/github/comments-client')).createComments({
                  token,
                  repository,
                  apiUrl,
                  clock,
                  signal,
                  log,
                }),
              ),
            }
          : undefined;
      return { pullRequest, runUrl, log, redact };
    },
    run: runCiReport,
    failedOutputs: () => ({ result: 'failure' }),
  });
