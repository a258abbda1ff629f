import type { Clock } from '@hospital-ops/action-kit/clock';
import { asOpsError, CancelledError } from '@hospital-ops/action-kit/errors';
import { createLimit } from '@hospital-ops/action-kit/limit';
import type { Log } from '@hospital-ops/action-kit/log';
import type { ActionResult } from '@hospital-ops/action-kit/run-action';
import { parseEcrHost } from '@hospital-ops/aws/ecr/parse';
import type { Credentials } from '@hospital-ops/registry-client/authentication';
import { parseImageReference } from '@hospital-ops/registry-client/image-reference';
import type { BaseImage } from './base-images.ts';
import type { ImageSpec, Source } from './image.ts';
import type { BuildImageInputs } from './inputs.ts';
import { produceImage } from './produce-image.ts';
import type { ImageReport } from './report.ts';
import { decideFailure, renderOutputs, renderSummary, tellPhases } from './report.ts';
import type { RegistrySession } from './session.ts';
import type { ImageDeps } from './work.ts';

export interface BuildImageDeps extends Pick<ImageDeps, 'builder' | 'content' | 'paths' | 'reach'> {
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
  'platform-digests',
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
  try {
    return await body((line) => {
      lines.push(line);
      if (lines.length > MAX_KEPT_LINES) lines.shift();
    });
  } finally {
    await log.group(name, async () => lines.forEach(log.info));
  }
};

const reportOf = async (spec: ImageSpec, deps: ImageDeps): Promise<ImageReport> => {
  const start = deps.clock.now();
  try {
    if (deps.signal.aborted) throw new CancelledError();
    return { name: spec.name, ...(await produceImage(spec, deps)) };
  } catch (cause) {
    const error = deps.signal.aborted ? new CancelledError(`"${spec.name}" was cancelled.`) : asOpsError(cause);
    return { name: spec.name, error, durationMs: deps.clock.now() - start };
  }
};

const verdictLine = (report: ImageReport): string => {
  if ('error' in report) return `${report.name}: failed: ${report.error.what}`;
  const { outcome, image, plan, phases, durationMs } = report.result;
  const details = tellPhases(phases);
  const time = `${(durationMs / 1000).toFixed(1)} s${details && `: ${details}`}`;
  return [`${report.name}:`, outcome, image || plan, `(${time})`].filter(Boolean).join(' ');
};

/** Logs in to each registry once: to the one that is pushed to, and to those of base images that have credentials. */
const createLogins = ({ builder, reach }: BuildImageDeps, session: RegistrySession | undefined) => {
  const logins = new Map<string, Promise<void>>();
  const login = (host: string, find: () => Promise<Credentials | undefined>): Promise<void> => {
    const enter = async () => {
      const credentials = await find();
      if (credentials) await builder.login(host, credentials);
    };
    const known = logins.get(host) ?? enter();
    logins.set(host, known);
    return known;
  };
  const own = session?.registry.host ?? '';
  let renewed: Promise<void> | undefined;
  const renewLogin = async (): Promise<boolean> => {
    if (session?.renew === undefined) return false;
    renewed ??= session.renew().then((credentials) => builder.login(own, credentials));
    await renewed;
    return true;
  };
  const prepareBuilder = async (bases: readonly BaseImage[]): Promise<void> => {
    await login(own, async () => session?.credentials);
    for (const { name } of bases) {
      const host = parseImageReference(name)?.host;
      // Logins of earlier steps are there already; those of ECR registries are ours to make.
      if (host === undefined || host === own || parseEcrHost(host) === undefined) continue;
      await login(host, async () => (await reach(host)).credentials);
    }
  };
  return { prepareBuilder, renewLogin };
};

/** Begins to read all contents: they need no registry, which is logged in to meanwhile. */
const startContents = ({ images }: BuildImageInputs, { content }: BuildImageDeps): ImageDeps['content'] => {
  const started = new Map<ImageSpec, ReturnType<ImageDeps['content']>>();
  for (const spec of images) {
    if (spec.promoteFrom !== undefined) continue;
    const reading = content(spec);
    // Whoever asks for it is told; nobody may, where the login fails.
    reading.catch(() => undefined);
    started.set(spec, reading);
  }
  return (spec) => started.get(spec) ?? content(spec);
};

const produceAll = async (inputs: BuildImageInputs, deps: BuildImageDeps): Promise<ImageReport[]> => {
  const { log } = deps;
  const content = startContents(inputs, deps);
  const session = inputs.push ? await deps.open() : undefined;
  const logins = createLogins(deps, session);
  const limit = createLimit(inputs.maxParallel ?? deps.cpus);
  const alone = inputs.images.length === 1;
  return Promise.all(
    inputs.images.map((spec) =>
      limit(async () => {
        const report = await withLog(log, spec.name, alone, (say) => {
          const { notice, warning: warn } = log;
          return reportOf(spec, { ...deps, ...inputs, content, session, ...logins, say, notice, warn });
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
