import type { Template } from './template.ts';
import { literal } from './template.ts';
import { unsupported, WorkflowError } from './workflow-error.ts';

export interface Shell {
  readonly program: string;
  /** `{0}` stands for the script's file. */
  readonly args: readonly string[];
  /** Of the script's file. */
  readonly ending: string;
}

/** How the runner calls a shell (docs: jobs.<id>.steps[*].shell); without `shell` there is no pipefail. */
const KNOWN: Readonly<Record<string, Shell>> = {
  '': { program: 'bash', args: ['-e', '{0}'], ending: '.sh' },
  bash: { program: 'bash', args: ['--noprofile', '--norc', '-eo', 'pipefail', '{0}'], ending: '.sh' },
  sh: { program: 'sh', args: ['-e', '{0}'], ending: '.sh' },
  python: { program: 'python', args: ['{0}'], ending: '.py' },
};

const FOREIGN = ['pwsh', 'powershell', 'cmd'];

/** Returns the shell that `shell:` names; any program with `{0}` in its arguments is one. Throws WorkflowError. */
export const shellCalled = (text: string, place: Template['place']): Shell => {
  const known = KNOWN[text];
  if (known !== undefined) return known;
  const [program = '', ...args] = text.split(' ').filter((word) => word !== '');
  if (FOREIGN.includes(program)) {
    throw unsupported(place, `\`shell: ${text}\``, 'it has bash, sh, python and any program with {0} for the script');
  }
  if (!args.some((word) => word.includes('{0}'))) {
    throw new WorkflowError(
      place,
      `\`shell: ${text}\` is none: a built-in one (bash, sh, python) or a command with '{0}' is expected.`,
    );
  }
  return { program, args, ending: '' };
};

/** Throws WorkflowError for a shell that is refused, where the file says it without an expression. */
export const checkShell = (shell: Template | undefined): void => {
  const text = literal(shell);
  if (shell !== undefined && text !== undefined) shellCalled(text, shell.place);
};
