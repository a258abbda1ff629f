import { OpsError } from '@hospital-ops/action-kit/errors';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { code, Summary, text } from '@hospital-ops/action-kit/summary';
import type { Branches } from '@hospital-ops/github/branches';
import picomatch from 'picomatch';
import type { GateInputs } from './inputs.ts';
import { tagVersion } from './tag-version.ts';

export const outputs = ['version', 'branch', 'reason'] as const;

export interface GateDeps {
  readonly ref: string;
  readonly sha: string;
  readonly branches: Branches;
  readonly log: Log;
}

/** Returns names of branches that a release may come from, the default branch first. */
const candidates = async (patterns: readonly string[], branches: Branches): Promise<string[]> => {
  const names = new Set([await branches.defaultBranch()]);
  for (const pattern of patterns) {
    const { base, isGlob } = picomatch.scan(pattern);
    if (!isGlob) names.add(pattern);
    else {
      const isMatch = picomatch(pattern);
      for (const name of await branches.list(base === '' ? '' : `${base}/`)) if (isMatch(name)) names.add(name);
    }
  }
  return [...names];
};

/** Passes a version tag whose commit lies on an allowed branch. Throws OpsError for everything else. */
export const runReleaseGate = async (inputs: GateInputs, deps: GateDeps): Promise<ActionResult> => {
  const { ref, sha, branches, log } = deps;
  const version = tagVersion(ref, inputs.prereleases);
  const allowed = await candidates(inputs.releaseBranches, branches);
  for (const branch of allowed) {
    if (!(await branches.holds(branch, sha))) continue;
    log.info(`v${version} is on ${branch}.`);
    const summary = new Summary()
      .heading('Release gate')
      .paragraph(code(`v${version}`), text('may be released: its commit is on'), code(branch), text('.'));
    return { outputs: { version, branch }, summary };
  }
  throw new OpsError({
    what: `the commit of v${version} (${sha.slice(0, 7)}) is on none of the branches that a release may come from: ${allowed.join(', ')}.`,
    why: 'what was not merged was not reviewed, and the next release would take it away again.',
    next: 'merge the commit and tag the merge, or name its branch in `release-branches`.',
    docs: 'README#what-happens-when',
  });
};
