import * as core from '@actions/core';
import { runAction } from '@hospital-ops/action-kit/run-action';
import { Summary } from '@hospital-ops/action-kit/summary';
import { runClose } from './close.ts';
import { connect } from './connect.ts';
import { parseRecordInputs } from './inputs.ts';
import { failedOutputs, outputs, runRecord } from './run.ts';

/** In the post step, which runs the same file: `main` is true there, and `id` that of a deployment that was begun. */
const state = () => ({ main: core.getState('main') === 'true', id: core.getState('id') });

/** Closes the deployment `id` if it is open; without one there is nothing to close. */
const post = (id: string) =>
  runAction({
    name: 'deployment-record',
    outputs: [],
    parse: (raw, readFile) => (id === '' ? undefined : parseRecordInputs(raw, readFile)),
    connect: async (inputs, kit) => inputs && { inputs, deps: await connect(inputs, kit, core.saveState) },
    run: async (_, open) => (open ? runClose(open.inputs, open.deps, id) : { outputs: {}, summary: new Summary() }),
  });

export const main = () => {
  const { main: isPost, id } = state();
  if (isPost) return post(id);
  core.saveState('main', 'true');
  return runAction({
    name: 'deployment-record',
    outputs,
    parse: parseRecordInputs,
    connect: (inputs, kit) => connect(inputs, kit, core.saveState),
    run: runRecord,
    failedOutputs,
  });
};
