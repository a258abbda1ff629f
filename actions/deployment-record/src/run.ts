import type { OpsError } from '@hospital-ops/action-kit/errors';
import { reasonOf } from '@hospital-ops/action-kit/errors';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { RecordDeps } from './deps.ts';
import { runFinish } from './finish.ts';
import { HeldError, showHolder } from './hold.ts';
import type { RecordInputs } from './inputs.ts';
import { runShow } from './show.ts';
import { runStart } from './start.ts';

export const outputs = [
  'deployment-id',
  'previous-version',
  'previous-sha',
  'lock-holder',
  'status',
  'services',
  'duration-seconds',
  'reason',
  'records',
] as const;

export const runRecord = (inputs: RecordInputs, deps: RecordDeps): Promise<ActionResult> => {
  switch (inputs.operation) {
    case 'start':
      return runStart(inputs, deps);
    case 'finish':
      return runFinish(inputs, deps);
    case 'show':
      return runShow(inputs, deps);
  }
};

export const failedOutputs = (error: OpsError): Readonly<Record<string, string>> => ({
  reason: reasonOf(error),
  ...(error instanceof HeldError && { 'lock-holder': showHolder(error.holder) }),
});
