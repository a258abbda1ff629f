import { globalAgent } from 'node:http';
import { reasonOf } from '@hospital-ops/action-kit/errors';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { createHttp } from './http-client.ts';
import { parseSmokeTestInputs } from './inputs.ts';
import { usesProxy } from './proxy.ts';
import { outputs, runSmokeTest } from './run.ts';
import { secretBodyValues, secretHeaderValues } from './secret-headers.ts';
import { createReportWriter } from './write-report.ts';

/** Before 24.5 Node's client knows no proxies, whatever the environment says. */
const knowsProxies = 'proxyEnv' in ((globalAgent as { readonly options?: object }).options ?? {});

export const main = () =>
  runAction({
    name: 'smoke-test',
    outputs,
    parse: parseSmokeTestInputs,
    connect: (inputs, kit) => {
      for (const value of secretHeaderValues(inputs.checks)) kit.addSecret(value);
      for (const { body = '' } of inputs.checks) for (const value of secretBodyValues(body)) kit.addSecret(value);
      return {
        http: createHttp((url) => knowsProxies && usesProxy(kit.env, url)),
        log: kit.log,
        clock: kit.clock,
        signal: kit.signal,
        redact: kit.redact,
        writeReport: createReportWriter([
          kit.env.GITHUB_WORKSPACE ?? process.cwd(),
          ...(kit.env.RUNNER_TEMP ? [kit.env.RUNNER_TEMP] : []),
        ]),
      };
    },
    run: runSmokeTest,
    failedOutputs: (error) => ({ outcome: 'failed', reason: reasonOf(error), passed: '0', failed: '0', report: '[]' }),
  });
