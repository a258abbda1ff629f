import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { StandIn, StandInStep } from '../stand-in.ts';
import type { Finding } from './sarif.ts';
import { sarifOf } from './sarif.ts';
import { findSecrets } from './secret-patterns.ts';

const TYPES = ['image', 'fs', 'filesystem', 'repo', 'repository', 'rootfs', 'config'];
const SEVERITIES = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

const words = (text: string): string[] => text.split(',').flatMap((word) => word.trim() || []);

const checkInputs = (step: StandInStep): void => {
  const type = step.input('scan-type');
  if (!TYPES.includes(type)) throw new Error(`unknown command "${type}" for "trivy"`);
  const severity = words(step.input('severity')).find((word) => !SEVERITIES.includes(word.toUpperCase()));
  if (severity !== undefined) throw new Error(`unknown severity option: ${severity}`);
  if (!['table', 'json', 'sarif'].includes(step.input('format'))) {
    throw new Error(`format is "${step.input('format')}"; the rehearsal writes table, json and sarif.`);
  }
  if (type === 'image' && step.input('image-ref') === '' && step.input('input') === '') {
    throw new Error('trivy image needs an image: image-ref is empty.');
  }
};

const report = (format: string, findings: readonly Finding[]): string => {
  if (format === 'sarif') return sarifOf('Trivy', findings);
  if (format === 'json') return JSON.stringify({ SchemaVersion: 2, Results: findings }, null, 2);
  return findings.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n');
};

/** The stand-in of aquasecurity/trivy-action. Only secrets can be told without a database that others keep. */
export const trivy: StandIn = {
  uses: 'aquasecurity/trivy-action',
  replaces: 'looks for secrets of well-known forms in files, and writes the report that the step asks for.',
  lacks:
    'it finds vulnerabilities, misconfigurations and licences, in files and images; here nothing is known of those.',
  inputs: {
    'scan-type': { default: 'image' },
    'image-ref': {},
    input: {},
    'scan-ref': { default: '.' },
    'exit-code': {},
    'ignore-unfixed': { default: 'false' },
    'vuln-type': { default: 'os,library' },
    severity: { default: SEVERITIES.join(',') },
    format: { default: 'table' },
    output: {},
    'skip-dirs': {},
    'skip-files': {},
    'cache-dir': {},
    timeout: {},
    'hide-progress': {},
    'list-all-pkgs': {},
    scanners: {},
    trivyignores: {},
    'trivy-config': {},
    'limit-severities-for-sarif': {},
    version: {},
    cache: {},
    'skip-setup-trivy': {},
    'token-setup-trivy': {},
  },
  others: ['template', 'ignore-policy', 'github-pat', 'tf-vars', 'docker-host'],
  run: async (step) => {
    checkInputs(step);
    const scanners = words(step.input('scanners') || 'vuln,secret');
    const inFiles = !['image', 'config'].includes(step.input('scan-type'));
    const shown = words(step.input('severity')).some((word) => /^(HIGH|CRITICAL)$/i.test(word));
    const findings =
      inFiles && shown && scanners.includes('secret')
        ? findSecrets(resolve(step.workspace, step.input('scan-ref')))
        : [];
    const blind = scanners.filter((scanner) => scanner !== 'secret' || !inFiles);
    if (blind.length > 0) {
      const what = inFiles ? step.input('scan-ref') : step.input('image-ref');
      step.log(`Not looked for in ${what}: ${blind.join(', ')}`);
    }
    const text = report(step.input('format'), findings);
    const output = step.input('output');
    if (output === '') step.log(text === '' ? 'Nothing found.' : text);
    else {
      const path = resolve(step.workspace, output);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${text}\n`);
    }
    for (const { file, line, message } of findings) step.log(`${file}:${line}: ${message}`);
    const code = Number(step.input('exit-code') || '0');
    if (findings.length > 0 && code !== 0) throw new Error(`Process completed with exit code ${code}.`);
    return {};
  },
};
