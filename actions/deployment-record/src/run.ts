import type { OpsError } from '@hospital-ops/action-kit/errors';
import { tell } from '@hospital-ops/action-kit/errors';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
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

/** It goes into chat messages. */
const MAX_REASON = 1_000;

export const failedOutputs = (error: OpsError): Readonly<Record<string, string>> => ({
  reason: neutralizeToLine(tell(error), MAX_REASON),
  ...(error instanceof HeldError && { 'lock-holder': showHolder(error.holder) }),
});
