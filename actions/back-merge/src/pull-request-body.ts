import { code, link, Summary, text } from '@hospital-ops/action-kit/summary';
import type { BackMergeInputs } from './inputs.ts';

/** GitHub takes 65,536 characters (REST, create a pull request). */
const MAX_BODY_BYTES = 60_000;

/** Returns what stands in the pull request; everything foreign in it is inert. */
export const renderBody = ({ head, sha, reason }: BackMergeInputs, runUrl: string | undefined): string =>
  new Summary()
    .paragraph(
      text('The hotfix'),
      code(head),
      text('was released at'),
      code(sha),
      text('. Merge it before the next release, which would take it away again.'),
      ...(runUrl === undefined ? [] : [link('The run', runUrl)]),
    )
    .paragraph(text(reason === undefined ? '' : `Reason: ${reason}`))
    .render(MAX_BODY_BYTES);
