import type { RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';

export interface BackMergeInputs {
  readonly head: string;
  readonly sha: string;
  readonly base: string | undefined;
  readonly title: string | undefined;
  readonly reason: string | undefined;
  readonly token: string;
}

/** Reads all inputs. */
export const parseBackMergeInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): BackMergeInputs =>
  parseInputs(raw, readFile, (reader) => {
    const sha = reader.commit('sha') ?? reader.required('sha');
    const token = reader.secret('token') ?? '';
    if (token === '') reader.required('token');
    return {
      head: reader.required('head').replace(/^refs\/heads\//, ''),
      sha,
      base: reader.text('base'),
      title: reader.text('title'),
      reason: reader.text('reason'),
      token,
    };
  });
