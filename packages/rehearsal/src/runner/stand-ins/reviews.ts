import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { StandIn, StandInStep } from '../stand-in.ts';
import { sarifOf } from './sarif.ts';

const requirePermission = (step: StandInStep, scope: string, level: 'read' | 'write', why: string): void => {
  const has = step.permissions[scope] ?? 'none';
  if (has !== 'write' && has !== level) throw new Error(`The job has no \`${scope}: ${level}\`, and ${why}.`);
};

/** The stand-in of actions/dependency-review-action. */
export const dependencyReview: StandIn = {
  uses: 'actions/dependency-review-action',
  replaces: 'checks event, permission and settings, and reviews nothing.',
  lacks: 'it asks GitHub for the dependencies that the pull request brings, their advisories and licences.',
  inputs: {
    'repo-token': {},
    'fail-on-severity': { default: 'low' },
    'fail-on-scopes': {},
    'base-ref': {},
    'head-ref': {},
    'config-file': {},
    'allow-licenses': {},
    'deny-licenses': {},
    'allow-dependencies-licenses': {},
    'allow-ghsas': {},
    'license-check': {},
    'vulnerability-check': {},
    'comment-summary-in-pr': { default: 'never' },
    'deny-packages': {},
    'deny-groups': {},
    'retry-on-snapshot-warnings': {},
    'retry-on-snapshot-warnings-timeout': {},
    'warn-only': {},
    'show-openssf-scorecard': {},
    'warn-on-openssf-scorecard-level': {},
  },
  others: ['external-repo-token'],
  run: async (step) => {
    const severity = step.input('fail-on-severity');
    if (!['low', 'moderate', 'high', 'critical'].includes(severity)) {
      throw new Error(`fail-on-severity is "${severity}"; low, moderate, high or critical is expected.`);
    }
    if (step.input('allow-licenses') !== '' && step.input('deny-licenses') !== '') {
      throw new Error('You cannot specify both allow-licenses and deny-licenses');
    }
    const isPull = /^pull_request/.test(String(step.github.event_name));
    if (!isPull && (step.input('base-ref') === '' || step.input('head-ref') === '')) {
      throw new Error(
        'Both a base ref and head ref must be provided, by `base-ref` and `head-ref` or by a pull_request workflow.',
      );
    }
    requirePermission(step, 'contents', 'read', 'the comparison of dependencies needs it');
    const comments = !['never', 'false', ''].includes(step.input('comment-summary-in-pr'));
    if (comments) requirePermission(step, 'pull-requests', 'write', '`comment-summary-in-pr` needs it');
    step.log('No dependency was reviewed.');
    return {};
  },
};

/** The stand-in of ossf/scorecard-action. */
export const scorecard: StandIn = {
  uses: 'ossf/scorecard-action',
  replaces: 'writes a report without findings.',
  lacks: 'it scores the repository on GitHub; nothing is known of that here.',
  inputs: {
    results_file: { required: true },
    results_format: { required: true },
    repo_token: {},
    publish_results: { default: 'false' },
    file_mode: {},
  },
  others: ['internal_publish_base_url', 'internal_default_token'],
  run: async (step) => {
    if (step.input('publish_results') === 'true') {
      requirePermission(step, 'id-token', 'write', '`publish_results` needs it');
    }
    const text = step.input('results_format') === 'sarif' ? sarifOf('Scorecard', []) : '{"checks":[]}';
    writeFileSync(resolve(step.workspace, step.input('results_file')), `${text}\n`);
    return {};
  },
};

/** Names of reports that the uploader looks for by itself. */
const COVERAGE = /^(coverage.*\.(xml|json)|lcov\.info|cobertura.*\.xml|clover\.xml|.*\.lcov)$/;

const reportsIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && COVERAGE.test(entry.name) && !entry.parentPath.includes('node_modules'))
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

const UNUSED = (
  'codecov_yml_path commit_parent disable_file_fixes disable_safe_directory dry_run env_vars exclude flags git_service ' +
  'handle_no_reports_found job_code name network_filter network_prefix os override_branch override_build ' +
  'override_build_url override_commit override_pr plugins report_code report_type root_dir skip_validation slug token ' +
  'url use_legacy_upload_endpoint use_pypi verbose version'
).split(' ');

/** The stand-in of codecov/codecov-action. */
export const codecov: StandIn = {
  uses: 'codecov/codecov-action',
  replaces: 'finds the coverage reports, and uploads nothing.',
  lacks: 'it sends the reports to Codecov, which comments on the pull request.',
  inputs: {
    files: {},
    directory: {},
    disable_search: { default: 'false' },
    fail_ci_if_error: { default: 'false' },
    use_oidc: { default: 'false' },
    'working-directory': {},
    ...Object.fromEntries(UNUSED.map((name) => [name, {}])),
  },
  others: ['binary', 'gcov_args', 'gcov_executable', 'gcov_ignore', 'gcov_include', 'swift_project', 'base_sha'],
  run: async (step) => {
    if (step.input('use_oidc') === 'true') requirePermission(step, 'id-token', 'write', '`use_oidc` needs it');
    const root = resolve(step.workspace, step.input('working-directory'));
    const named = step
      .input('files')
      .split(',')
      .flatMap((file) => file.trim() || []);
    const missing = named.filter((file) => !existsSync(resolve(root, file)));
    const found = step.input('disable_search') === 'true' ? [] : reportsIn(resolve(root, step.input('directory')));
    const problem =
      missing.length > 0
        ? `Some files were not found: ${missing.join(', ')}`
        : named.length + found.length === 0
          ? 'No coverage reports found.'
          : undefined;
    if (problem !== undefined && step.input('fail_ci_if_error') === 'true') throw new Error(problem);
    step.log(problem ?? `Reports: ${[...named, ...found].join(', ')}`);
    return {};
  },
};

/** The stand-in of step-security/harden-runner. */
export const hardenRunner: StandIn = {
  uses: 'step-security/harden-runner',
  replaces: 'checks its settings: no step of a rehearsal leaves this machine but through the stand-ins.',
  lacks: 'it watches and blocks what the steps of the job connect to.',
  inputs: {
    'egress-policy': { default: 'block' },
    'allowed-endpoints': {},
    token: {},
    'disable-telemetry': {},
    'disable-sudo': {},
    'disable-sudo-and-containers': {},
    'disable-file-monitoring': {},
    'exempt-files': {},
  },
  others: ['policy', 'api-key', 'use-policy-store', 'deploy-on-self-hosted-vm'],
  run: async (step) => {
    const policy = step.input('egress-policy');
    if (policy !== 'audit' && policy !== 'block') throw new Error('egress-policy must be either audit or block');
    return {};
  },
};
