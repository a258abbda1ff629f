import type { RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';

export interface GateInputs {
  /** Names or patterns, beside the default branch. */
  readonly releaseBranches: readonly string[];
  readonly prereleases: boolean;
  readonly token: string;
}

/** Reads all inputs. */
export const parseGateInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): GateInputs =>
  parseInputs(raw, readFile, (reader) => {
    const token = reader.secret('token') ?? '';
    if (token === '') reader.required('token');
    return { releaseBranches: reader.lines('release-branches'), prereleases: reader.bool('prereleases'), token };
  });
