import { runAction } from '@hospital-ops/action-kit/run-action';
import { connect } from './connect.ts';
import { parseBuildImageInputs } from './inputs.ts';
import { outputs, runBuildImage } from './run.ts';

export const main = () =>
  runAction({
    name: 'build-image',
    outputs,
    parse: parseBuildImageInputs,
    connect,
    run: runBuildImage,
    failedOutputs: () => ({ images: '{}', results: '{}' }),
  });
