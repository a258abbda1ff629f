import { runAction } from '@hospital-ops/action-kit/run-action';
import { connectDeploy } from './connect.ts';
import { parseDeployInputs } from './inputs.ts';
import { failedOutputs, outputs, runDeploy } from './run.ts';

export { outputs };

export const main = () =>
  runAction({
    name: 'ecs-deploy',
    outputs,
    parse: parseDeployInputs,
    connect: (_, { clock, log, signal }) => connectDeploy({ clock, signal }, log),
    run: runDeploy,
    failedOutputs,
  });
