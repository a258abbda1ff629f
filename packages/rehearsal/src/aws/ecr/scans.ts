import type { ImageStore } from '../../registry/image-store.ts';
import type { AwsService, CallContext } from '../service.ts';
import { AwsFault } from '../service.ts';
import { ecrFaults } from './faults.ts';
import type { ImageId } from './images.ts';
import { findManifest } from './images.ts';
import { page } from './page.ts';
import { findRepository } from './repositories.ts';

/** What is known of one scan, in ECR's own words (API_DescribeImageScanFindings). */
export interface Scan {
  readonly status: string;
  readonly description?: string;
  /** Of basic scanning. Neither list: the answer has no findings at all. */
  readonly findings?: ReadonlyArray<Readonly<Record<string, unknown>>>;
  /** Of enhanced scanning. */
  readonly enhancedFindings?: ReadonlyArray<Readonly<Record<string, unknown>>>;
  /** How many there are by severity, where that is not what the lists hold. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Milliseconds since the epoch. */
  readonly completedAt?: number;
}

export interface ScannedImage {
  readonly repository: string;
  readonly digest: string;
  readonly pushedAt: number;
  /** Whether the repository scans what is pushed. */
  readonly scanOnPush: boolean;
  /** When StartImageScan was called for it. */
  readonly asked: number | undefined;
  /** How often its findings were asked for before, pages of one answer counted once. */
  readonly looks: number;
}

/** Returns what is known of an image's scan; undefined where there is none. */
export type Scanner = (image: ScannedImage) => Scan | undefined;

export const findsNothing: Scanner = ({ scanOnPush, asked, pushedAt }) =>
  !scanOnPush && asked === undefined
    ? undefined
    : {
        status: 'COMPLETE',
        description: 'Nothing is scanned here; there are no findings to show.',
        findings: [],
        completedAt: asked ?? pushedAt,
      };

interface ScanRequest {
  readonly repositoryName: string;
  readonly imageId: ImageId;
  readonly nextToken?: string;
  readonly maxResults?: number;
}

/** An image can be scanned once a day (ECR user guide, "Manual scanning"). */
const DAY_MS = 24 * 3_600_000;

const countsOf = (findings: NonNullable<Scan['findings']>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { severity } of findings) counts[String(severity)] = (counts[String(severity)] ?? 0) + 1;
  return counts;
};

const findingsOf = (scan: Scan, paging: Pick<ScanRequest, 'nextToken' | 'maxResults'>) => {
  const all = scan.findings ?? scan.enhancedFindings;
  if (all === undefined) return {};
  const { items, nextToken } = page(all, paging, 100);
  return {
    imageScanFindings: {
      ...(scan.findings === undefined ? { enhancedFindings: items } : { findings: items }),
      findingSeverityCounts: scan.counts ?? countsOf(all),
      ...(scan.completedAt !== undefined && { imageScanCompletedAt: new Date(scan.completedAt) }),
    },
    ...(nextToken && { nextToken }),
  };
};

/** Operations on scans of images; `scanner` says what they find. */
export const scanOperations = (store: ImageStore, scanner: Scanner): AwsService['operations'] => {
  const asked = new Map<string, number>();
  const looks = new Map<string, number>();
  const imageOf = ({ repositoryName, imageId }: ScanRequest, context: CallContext) => {
    const { options } = findRepository(store, repositoryName, context);
    const manifest = findManifest(store, repositoryName, imageId);
    if (!manifest) throw ecrFaults.noImage(repositoryName, imageId, context.accountId);
    const key = `${repositoryName}@${manifest.digest}`;
    return { key, digest: manifest.digest, pushedAt: manifest.pushedAt, scanOnPush: options.scanOnPush };
  };
  return {
    DescribeImageScanFindings: (input, context) => {
      const request = input as unknown as ScanRequest;
      const { key, ...image } = imageOf(request, context);
      const repository = request.repositoryName;
      const isNew = request.nextToken === undefined;
      const before = (looks.get(key) ?? 0) - (isNew ? 0 : 1);
      const scan = scanner({ ...image, repository, asked: asked.get(key), looks: before });
      if (isNew) looks.set(key, before + 1);
      if (scan === undefined) {
        throw new AwsFault(
          'ScanNotFoundException',
          `Image scan does not exist for the image with '${JSON.stringify(request.imageId)}' in the repository with name '${repository}' in the registry with id '${context.accountId}'`,
        );
      }
      const { status, description } = scan;
      return {
        registryId: context.accountId,
        repositoryName: repository,
        imageId: { ...request.imageId, imageDigest: image.digest },
        imageScanStatus: { status, ...(description !== undefined && { description }) },
        ...findingsOf(scan, request),
      };
    },
    StartImageScan: (input, context) => {
      const request = input as unknown as ScanRequest;
      const { key, digest } = imageOf(request, context);
      const last = asked.get(key);
      if (last !== undefined && context.now - last < DAY_MS) {
        throw new AwsFault('LimitExceededException', 'The scan quota per image has been exceeded. Wait and try again.');
      }
      asked.set(key, context.now);
      return {
        registryId: context.accountId,
        repositoryName: request.repositoryName,
        imageId: { ...request.imageId, imageDigest: digest },
        imageScanStatus: { status: 'IN_PROGRESS' },
      };
    },
  };
};
