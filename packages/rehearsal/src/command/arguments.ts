import { parseArgs } from 'node:util';

export interface RehearseArguments {
  /** Workflow by file name without ending. */
  readonly workflow: string;
  readonly tag: string | undefined;
  /** Path of a JSON file with an event payload. */
  readonly event: string | undefined;
  /** Inputs of a manual run, by name; undefined without any. */
  readonly inputs: Readonly<Record<string, string>> | undefined;
  /** Environments whose reviewers approve, and those whose reject. */
  readonly approve: readonly string[];
  readonly reject: readonly string[];
  readonly faults: readonly string[];
  /** `step` or `job/step` at which the run is cancelled. */
  readonly cancelAt: string | undefined;
  /** The consumer's repository; undefined is the sample. */
  readonly repo: string | undefined;
  readonly engine: 'process' | 'docker';
  readonly report: string;
  readonly keep: boolean;
  readonly list: boolean;
  readonly help: boolean;
}

export const USAGE = `Usage: npm run rehearse -- [workflow] [options]

Runs a workflow of a repository on this machine, with the real bundles of the suite and local stand-ins for GitHub, AWS,
the registry and the chats. Without arguments: deploy-production of the sample hospital, tag v1.1.0 over v1.0.0.

  --tag TAG           release this tag (default: the newest one of the repository)
  --event FILE        run the event of this JSON payload instead
  --input NAME=VALUE  start the workflow by hand (workflow_dispatch) with this input, on --tag or else on the default
                      branch; may be repeated
  --approve ENV       this environment has reviewers, and they approve; may be repeated
  --reject ENV        this environment has reviewers, and they reject; may be repeated
  --fault FAULT       let something go wrong, such as api:crash-loop; may be repeated
  --cancel-at STEP    cancel the run once this step (or job/step) has started
  --repo PATH         rehearse this repository instead of the sample
  --engine ENGINE     process (default) or docker
  --report DIR        where report.html is written (default: rehearsal-report)
  --keep              leave everything running at the end, until Ctrl-C
  --list              name the workflows and the faults

The exit code is 0 when the workflow succeeded, 1 when it did not or could not be run, 2 for wrong usage, and 3 when a
fault that was asked for found nothing to strike: then the run shows nothing of it.`;

/** A mistake in how the command was called: exit code 2. */
export class UsageError extends Error {}

const parseInputs = (given: readonly string[] | undefined): Record<string, string> | undefined =>
  given &&
  Object.fromEntries(
    given.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new UsageError(`--input is "${pair}"; NAME=VALUE is expected.`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );

/** Returns the arguments, or throws UsageError that says what is wrong. */
export const parseRehearseArguments = (argv: readonly string[]): RehearseArguments => {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new UsageError(`${sentence}.`);
  }
  const { values, positionals } = parsed;
  if (positionals.length > 1) throw new UsageError(`one workflow at a time; got ${positionals.join(', ')}.`);
  const events = (['tag', 'input'] as const).filter((name) => values[name] !== undefined);
  if (values.event !== undefined && events.length > 0) {
    throw new UsageError(`give --${events[0]} or --event, not both: a run has one event.`);
  }
  const torn = values.approve?.find((name) => values.reject?.includes(name));
  if (torn !== undefined) throw new UsageError(`--approve and --reject are both given for "${torn}".`);
  const { engine } = values;
  if (engine !== 'process' && engine !== 'docker') {
    throw new UsageError(`--engine is "${engine}"; there are process and docker.`);
  }
  const [workflow = 'deploy-production'] = positionals;
  return {
    workflow: workflow.replace(/^.*\//, '').replace(/\.ya?ml$/, ''),
    tag: values.tag,
    event: values.event,
    inputs: parseInputs(values.input),
    approve: values.approve ?? [],
    reject: values.reject ?? [],
    faults: values.fault ?? [],
    cancelAt: values['cancel-at'],
    repo: values.repo,
    engine,
    report: values.report,
    keep: values.keep,
    list: values.list,
    help: values.help,
  };
};

const parse = (argv: readonly string[]) =>
  parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      tag: { type: 'string' },
      event: { type: 'string' },
      input: { type: 'string', multiple: true },
      approve: { type: 'string', multiple: true },
      reject: { type: 'string', multiple: true },
      fault: { type: 'string', multiple: true },
      'cancel-at': { type: 'string' },
      repo: { type: 'string' },
      engine: { type: 'string', default: 'process' },
      report: { type: 'string', default: 'rehearsal-report' },
      keep: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
