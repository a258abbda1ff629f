import type { DeploymentRecord } from '@hospital-ops/deployments/record';
import type { Standing } from '@hospital-ops/github/branches';
import { lt, valid } from 'semver';

/** A commit that an environment runs. */
export interface Running {
  readonly version: string;
  readonly sha: string;
  /** Id of the deployment that brought it. */
  readonly deployment: string;
  /** The service that runs it; undefined for the environment as a whole. */
  readonly service?: string;
}

/** Returns what a deployment of `names` would be deployed over, each commit once. Pure. */
export const runningOf = (previous: DeploymentRecord, names: readonly string[]): readonly Running[] => {
  const { id, version, sha, services } = previous;
  const parts = names.flatMap((service): Running[] => {
    const state = services[service];
    if (state?.sha === undefined) return [];
    return [{ version: state.version ?? '', sha: state.sha, deployment: state.deployment ?? id, service }];
  });
  const all: readonly Running[] = [{ version, sha, deployment: id }, ...parts];
  return all.filter((one, index) => all.findIndex(({ sha }) => sha === one.sha) === index);
};

/** `outdated`: a newer one runs. `doubtful`: what runs is not in it, or nobody knows, and neither has to be wrong. */
export type Verdict = 'current' | 'outdated' | 'doubtful';

const isLower = (version: string, than: string): boolean =>
  valid(version) !== null && valid(than) !== null && lt(version, than);

/**
 * Returns whether `version` may be deployed over `running`, which it stands to as `standing` says. Another line of history
 * may be right: a hotfix that came back in a squash or a cherry-pick. There the lower of two versions is the older one. Pure.
 */
export const judge = (version: string, running: Running, standing: Standing | undefined): Verdict => {
  switch (standing?.relation) {
    case 'identical':
    case 'ahead':
      return 'current';
    case 'behind':
      return 'outdated';
    case 'diverged':
    case undefined:
      return isLower(version, running.version) ? 'outdated' : 'doubtful';
  }
};
