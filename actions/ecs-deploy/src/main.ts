import { runAction } from '@hospital-ops/action-kit/run-action';
import { parseDeployInputs } from './inputs.ts';
import { failedOutputs, outputs, runDeploy } from './run.ts';

export { outputs };

export const main = () =>
  runAction({
    name: 'ecs-deploy',
    outputs,
    parse: parseDeployInputs,
    connect: async (_, { clock, log, signal }) => {
      const [{ createEcs }, { createLogs }] = await Promise.all([
        import('@hospital-ops/aws/ecs/client'),
        import('@hospital-ops/aws/logs/client'),
      ]);
      const context = { clock, signal };
      return { ecs: createEcs(context), logs: createLogs(context), clock, log, signal };
    },
    run: runDeploy,
    failedOutputs,
  });
