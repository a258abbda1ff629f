import { findProgram } from '../on-path.ts';
import type { StandIn, StandInInput } from '../stand-in.ts';

interface Installer {
  readonly uses: string;
  readonly program: string;
  readonly lacks?: string;
  /** Words that make the program tell its version. */
  readonly version: readonly string[];
  /** The input that asks for one. */
  readonly wanted: string;
  readonly inputs: readonly string[];
  readonly others?: readonly string[];
}

const exact = (text: string): string | undefined => /^v?(\d+\.\d+\.\d+)$/.exec(text)?.[1];

/** Returns the stand-in of an action that installs a program: the machine's own, which must be there. */
const installer = (of: Installer): StandIn => ({
  uses: of.uses,
  replaces: `takes the ${of.program} of this machine, and fails when there is none or it is of another version.`,
  lacks: of.lacks ?? 'it downloads the version that the step names.',
  ...(of.others === undefined ? {} : { others: of.others }),
  inputs: Object.fromEntries([of.wanted, ...of.inputs].map((name): [string, StandInInput] => [name, {}])),
  run: async (step) => {
    if (findProgram(of.program, step.env.PATH ?? '') === undefined) {
      throw new Error(
        `${of.program} is not on this machine, and a rehearsal downloads nothing. Install it, or leave the step out.`,
      );
    }
    const lines: string[] = [];
    await step.exec(of.program, of.version, { onLine: (line) => lines.push(line) });
    const text = lines.join(' ');
    const wanted = exact(step.input(of.wanted));
    if (wanted !== undefined && !text.includes(wanted)) {
      throw new Error(`The step asks for ${of.program} ${wanted}, and this machine has: ${lines[0] ?? 'nothing'}.`);
    }
    step.log(lines[0] ?? of.program);
    return {};
  },
});

export const programs: readonly StandIn[] = [
  installer({
    uses: 'hashicorp/setup-terraform',
    program: 'terraform',
    lacks: 'it downloads the version that the step names, and wraps the command so that steps have its output.',
    version: ['version'],
    wanted: 'terraform_version',
    inputs: ['terraform_wrapper', 'terraform_version_file'],
    others: ['cli_config_credentials_hostname', 'cli_config_credentials_token'],
  }),
  installer({
    uses: 'terraform-linters/setup-tflint',
    program: 'tflint',
    version: ['--version'],
    wanted: 'tflint_version',
    inputs: ['github_token', 'tflint_wrapper', 'checksums', 'cache', 'tflint_config_path', 'plugin_dir'],
  }),
  installer({
    uses: 'hashicorp/setup-packer',
    program: 'packer',
    version: ['version'],
    wanted: 'version',
    inputs: ['product'],
  }),
  installer({
    uses: 'sigstore/cosign-installer',
    program: 'cosign',
    version: ['version'],
    wanted: 'cosign-release',
    inputs: ['install-dir', 'use-sudo'],
  }),
];

/** The stand-in of zizmorcore/zizmor-action. */
export const zizmor: StandIn = {
  uses: 'zizmorcore/zizmor-action',
  replaces: 'runs the zizmor of this machine offline, and fails when there is none.',
  lacks: 'it downloads zizmor, audits online and uploads its findings.',
  inputs: {
    inputs: { default: '.' },
    'online-audits': {},
    persona: { default: 'regular' },
    'min-severity': {},
    'min-confidence': {},
    version: {},
    token: {},
    'advanced-security': {},
    annotations: {},
    color: {},
  },
  others: ['config'],
  run: async (step) => {
    if (findProgram('zizmor', step.env.PATH ?? '') === undefined) {
      throw new Error(
        'zizmor is not on this machine, and a rehearsal downloads nothing. Install it (pip install zizmor).',
      );
    }
    const option = (name: string) => (step.input(name) === '' ? [] : [`--${name}`, step.input(name)]);
    const { exitCode } = await step.exec('zizmor', [
      ...['--offline', '--no-progress', '--persona', step.input('persona')],
      ...[...option('min-severity'), ...option('min-confidence')],
      ...step.input('inputs').split(/\s+/),
    ]);
    if (exitCode !== 0) throw new Error(`zizmor ended with exit code ${exitCode ?? 'none'}.`);
    return {};
  },
};
