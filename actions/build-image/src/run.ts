import type { Clock } from '@hospital-ops/action-kit/clock';
import { asOpsError, CancelledError } from '@hospital-ops/action-kit/errors';
import { createLimit } from '@hospital-ops/action-kit/limit';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import type { ImageSpec, Source } from './image.ts';
import type { BuildImageInputs } from './inputs.ts';
import { produceImage } from './produce-image.ts';
import type { ImageReport } from './report.ts';
import { decideFailure, renderOutputs, renderSummary } from './report.ts';
import type { RegistrySession } from './session.ts';
import type { ImageDeps } from './work.ts';

export interface BuildImageDeps extends Pick<ImageDeps, 'builder' | 'contentHash' | 'paths'> {
  /** Logs in to the registry. Not called where nothing is pushed. */
  open(): Promise<RegistrySession>;
  readonly source: Source;
  readonly cpus: number;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  redact(text: string): string;
}

export const outputs = [
  'image',
  'digest',
  'tags',
  'revision',
  'result',
  'content-hash',
  'images',
  'results',
  'duration-ms',
] as const;

/** Lines of one image that are kept until it is done, where several run at once and would be mixed. */
const MAX_KEPT_LINES = 5_000;

type Say = (line: string) => void;

/** Runs `body` with a log of its own: live when it is alone, else folded into a group once it is done. */
const withLog = async <T>(log: Log, name: string, alone: boolean, body: (say: Say) => Promise<T>): Promise<T> => {
  if (alone) return log.group(name, () => body(log.info));
  const lines: string[] = [];
  const start = () => log.group(name, async () => lines.forEach(log.info));
  try {
    return await body((line) => {
      lines.push(line);
      if (lines.length > MAX_KEPT_LINES) lines.shift();
    });
  } finally {
    await start();
  }
};

const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
};

const reportOf = async (spec: ImageSpec, deps: ImageDeps): Promise<ImageReport> => {
  const start = deps.clock.now();
  try {
    if (deps.signal.aborted) throw new CancelledError();
    return { name: spec.name, result: await produceImage(spec, deps) };
  } catch (cause) {
    const error = deps.signal.aborted ? new CancelledError(`"${spec.name}" was cancelled.`) : asOpsError(cause);
    return { name: spec.name, error, durationMs: deps.clock.now() - start };
  }
};

const verdictLine = (report: ImageReport): string =>
  'error' in report
    ? `${report.name}: failed: ${report.error.what}`
    : `${report.name}: ${report.result.outcome} ${report.result.image || report.result.plan || ''}`.trimEnd();

const produceAll = async (inputs: BuildImageInputs, deps: BuildImageDeps): Promise<ImageReport[]> => {
  const { builder, log } = deps;
  const session = inputs.push ? await deps.open() : undefined;
  const prepareBuilder = once(async () => {
    if (session?.credentials) await builder.login(session.registry.host, session.credentials);
  });
  const limit = createLimit(inputs.maxParallel ?? deps.cpus);
  const alone = inputs.images.length === 1;
  return Promise.all(
    inputs.images.map((spec) =>
      limit(async () => {
        const report = await withLog(log, spec.name, alone, (say) => {
          const { createRepository, dryRun } = inputs;
          return reportOf(spec, { ...deps, session, prepareBuilder, createRepository, dryRun, say });
        });
        log.info(verdictLine(report));
        return report;
      }),
    ),
  );
};

/** Produces every image and hands back what became of each; one that fails holds up no other. */
export const runBuildImage = async (inputs: BuildImageInputs, deps: BuildImageDeps): Promise<ActionResult> => {
  const start = deps.clock.now();
  try {
    const reports = await produceAll(inputs, deps);
    return {
      outputs: renderOutputs(reports, deps.redact, deps.clock.now() - start),
      summary: renderSummary(reports),
      failure: deps.signal.aborted ? new CancelledError('the build was cancelled.') : decideFailure(reports),
    };
  } finally {
    await deps.builder.close();
  }
};
