import type { RunFacts } from './compose.ts';

/** What is read of the event context; `readContext` of the github package returns it. */
interface Context extends Omit<RunFacts, 'repository'> {
  readonly repository: { readonly owner: string; readonly name: string } | undefined;
}

export const runFactsOf = (context: Context): RunFacts => ({
  repository: context.repository === undefined ? '' : `${context.repository.owner}/${context.repository.name}`,
  workflow: context.workflow,
  refName: context.refName,
  sha: context.sha,
  actor: context.actor,
  runNumber: context.runNumber,
  runUrl: context.runUrl,
  serverUrl: context.serverUrl,
});
