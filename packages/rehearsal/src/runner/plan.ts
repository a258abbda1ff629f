import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ceiling, Permissions } from './permissions.ts';
import { jobPermissions } from './permissions.ts';
import type { Condition, PlanContext, PlannedStep } from './plan-step.ts';
import { planCondition, planStep } from './plan-step.ts';
import type { Tree } from './references.ts';
import { findTree, parseReference, shownPath, workflowPath } from './references.ts';
import { checkService } from './services/service-spec.ts';
import { checkShell } from './shells.ts';
import { literals } from './template.ts';
import { unsupported, WorkflowError } from './workflow-error.ts';
import type { CallDefinition, JobDefinition, WorkflowFile } from './workflow-file.ts';
import { readWorkflow } from './workflow-file.ts';
import { checkCall, checkNames, declaredSecrets } from './workflow-inputs.ts';

export interface PlannedJob {
  readonly definition: JobDefinition;
  readonly condition: Condition;
  readonly permissions: Permissions;
  readonly steps: readonly PlannedStep[];
  readonly called?: PlannedWorkflow;
}

/** A workflow with everything that it calls and uses resolved and checked, before anything runs. */
export interface PlannedWorkflow {
  readonly file: WorkflowFile;
  /** Path in its repository. */
  readonly path: string;
  readonly tree: Tree;
  readonly jobs: readonly PlannedJob[];
}

/** Callers count: ten levels on github.com (docs: reusing workflow configurations). */
const MAX_DEPTH = 10;

const calledFile = async (
  call: CallDefinition,
  tree: Tree,
  context: PlanContext,
): Promise<{ file: WorkflowFile; path: string; tree: Tree }> => {
  const reference = parseReference(call.text, call.place);
  const target =
    reference.kind === 'remote' ? findTree(reference.repository, reference.ref, context.repositories) : tree;
  if (target === undefined) {
    const known = context.repositories.map(({ name }) => String(name)).join(', ') || 'none';
    throw unsupported(call.place, `the workflow "${call.text}"`, `its repository is not here; known are ${known}`);
  }
  const { path } = reference;
  const content = readFileSync(workflowPath(target, path, call.place), 'utf8');
  return { file: await readWorkflow(shownPath(target, path), content), path, tree: target };
};

const planCall = async (
  job: JobDefinition,
  call: CallDefinition,
  permissions: Permissions,
  tree: Tree,
  context: PlanContext,
  depth: number,
): Promise<PlannedWorkflow> => {
  if (depth >= MAX_DEPTH)
    throw new WorkflowError(call.place, `Workflows call each other more than ${MAX_DEPTH} levels deep.`);
  const { file, path, tree: target } = await calledFile(call, tree, context);
  if (!file.triggers.has('workflow_call')) {
    throw new WorkflowError(call.place, `The workflow ${file.file} cannot be called: it has no \`on: workflow_call\`.`);
  }
  checkCall(file, call.with, call.place);
  if (call.secrets !== 'inherit') checkNames(call.secrets, declaredSecrets(file), call.place, `secret of ${file.file}`);
  return planWorkflow(file, path, target, context, { allowed: permissions, caller: job.place }, depth + 1);
};

const checkRunsOn = (job: JobDefinition): void => {
  for (const label of literals(job.runsOn)) {
    if (/^(windows|macos)/i.test(label))
      throw unsupported(job.runsOn?.place ?? job.place, `\`runs-on: ${label}\``, 'it has Linux runners');
  }
};

const planJob = async (
  job: JobDefinition,
  file: WorkflowFile,
  tree: Tree,
  context: PlanContext,
  ceiling: Ceiling | undefined,
  depth: number,
): Promise<PlannedJob> => {
  checkRunsOn(job);
  for (const { shell } of [job.defaults, file.defaults]) checkShell(shell);
  for (const service of job.services) checkService(service, context.services);
  const permissions = jobPermissions(job.permissions, file.permissions, ceiling, `"${job.id}" of ${file.file}`);
  const steps: PlannedStep[] = [];
  for (const step of job.steps) steps.push(await planStep(step, tree, context));
  const condition = await planCondition(job.condition, job.place);
  if (job.call === undefined) return { definition: job, condition, permissions, steps };
  return {
    definition: job,
    condition,
    permissions,
    steps,
    called: await planCall(job, job.call, permissions, tree, context, depth),
  };
};

const planWorkflow = async (
  file: WorkflowFile,
  path: string,
  tree: Tree,
  context: PlanContext,
  ceiling?: Ceiling,
  depth = 1,
): Promise<PlannedWorkflow> => {
  const jobs: PlannedJob[] = [];
  for (const job of file.jobs) jobs.push(await planJob(job, file, tree, context, ceiling, depth));
  return { file, path, tree, jobs };
};

/** Returns the plan of the workflow at `path` of `tree`. Throws WorkflowError for everything that can be known before. */
export const planRun = async (path: string, tree: Tree, context: PlanContext): Promise<PlannedWorkflow> => {
  const absolute = join(tree.path, path);
  if (!existsSync(absolute)) {
    throw new WorkflowError({ file: path, line: 1 }, `The workflow does not exist in ${tree.repository}.`);
  }
  const file = await readWorkflow(shownPath(tree, path), readFileSync(absolute, 'utf8'));
  return planWorkflow(file, path, tree, context);
};
