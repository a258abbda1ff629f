import type { StandIn } from '../stand-in.ts';
import { downloadArtifact, uploadArtifact } from './artifacts.ts';
import type { IssueCredentials } from './aws-credentials.ts';
import { createConfigureAwsCredentials } from './aws-credentials.ts';
import { cache } from './cache.ts';
import { checkout } from './checkout.ts';
import { setupBuildx, setupNode, setupPnpm, setupQemu } from './tools.ts';

/** Returns the stand-ins of all third-party actions that the rehearsal knows. */
export const createStandIns = (options: { readonly issueCredentials?: IssueCredentials } = {}): StandIn[] => [
  checkout,
  setupNode,
  setupPnpm,
  createConfigureAwsCredentials(options.issueCredentials),
  setupBuildx,
  setupQemu,
  uploadArtifact,
  downloadArtifact,
  cache,
];
