import { describeWith, orError } from './engines.ts';
import type { PrivateBuildKit } from './private-buildkit.ts';
import { startPrivateBuildKit } from './private-buildkit.ts';
import type { PrivateDocker } from './private-docker.ts';
import { startPrivateDocker } from './private-docker.ts';

/** Starts an Engine for a file of tests. */
export const theDocker = (): Promise<PrivateDocker | Error> => orError(startPrivateDocker());

/** Starts a BuildKit and a registry for a file of tests. */
export const theBuildKit = (mirror?: string): Promise<PrivateBuildKit | Error> => orError(startPrivateBuildKit(mirror));

export const describeWithDocker = describeWith<PrivateDocker>('Docker Engine');
export const describeWithBuildKit = describeWith<PrivateBuildKit>('BuildKit');
