import { runAction } from '@hospital-ops/action-kit/run-action';
import { createLazyLogs } from '@hospital-ops/aws/logs/lazy';
import { parseDeployInputs } from './inputs.ts';
import { failedOutputs, outputs, runDeploy } from './run.ts';

export { outputs };

export const main = () =>
  runAction({
    name: 'ecs-deploy',
    outputs,
    parse: parseDeployInputs,
    connect: async (_, { clock, log, signal }) => {
      const { createEcs } = await import('@hospital-ops/aws/ecs/client');
      const context = { clock, signal };
      return { ecs: createEcs(context), logs: createLazyLogs(context), clock, log, signal };
    },
    run: runDeploy,
    failedOutputs,
  });
