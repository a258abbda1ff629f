import type { StandIn } from '../stand-in.ts';
import { downloadArtifact, uploadArtifact } from './artifacts.ts';
import { attestBuildProvenance } from './attestations.ts';
import type { IssueCredentials } from './aws-credentials.ts';
import { createConfigureAwsCredentials } from './aws-credentials.ts';
import { cache, cacheRestore, cacheSave } from './cache.ts';
import { checkout } from './checkout.ts';
import { codeqlAnalyze, codeqlInit, uploadSarif } from './code-scanning.ts';
import { programs, zizmor } from './programs.ts';
import { codecov, dependencyReview, hardenRunner, scorecard } from './reviews.ts';
import { setupBuildx, setupNode, setupPnpm, setupQemu } from './tools.ts';
import { trivy } from './trivy.ts';

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
  cacheRestore,
  cacheSave,
  dependencyReview,
  trivy,
  uploadSarif,
  codeqlInit,
  codeqlAnalyze,
  scorecard,
  codecov,
  hardenRunner,
  attestBuildProvenance,
  ...programs,
  zizmor,
];
