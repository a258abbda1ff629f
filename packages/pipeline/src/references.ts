import { nearest } from '@hospital-ops/action-kit/inputs';
import { parseWindow } from './freeze.ts';
import type { Pipeline } from './model.ts';
import type { Finding, Path } from './problem.ts';
import { checkStrategy } from './strategy.ts';

const unknownName = (path: Path, onKey: boolean, kind: string, name: string, known: readonly string[]): Finding => {
  const near = nearest(name, known);
  const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`;
  return { path, onKey, message: `there is no ${kind} "${name}"; ${hint}` };
};

/** Returns the names from `start` back to `start`, or undefined when following `next` never returns there. */
const circle = (start: string, next: (name: string) => readonly string[]): readonly string[] | undefined => {
  const seen = new Set<string>();
  const walk = (name: string, trail: readonly string[]): readonly string[] | undefined => {
    for (const following of next(name)) {
      if (following === start) return [...trail, name, start];
      if (seen.has(following)) continue;
      seen.add(following);
      const found = walk(following, [...trail, name]);
      if (found) return found;
    }
    return undefined;
  };
  return walk(start, []);
};

/** Returns what in `pipeline` names something that is not there, goes round in a circle, or does not go together. */
export const checkReferences = (pipeline: Pipeline): Finding[] => {
  const services = [...pipeline.services.keys()];
  const environments = [...pipeline.environments.keys()];
  const findings: Finding[] = [];
  const mustBeService = (path: Path, onKey: boolean, name: string) => {
    if (!pipeline.services.has(name)) findings.push(unknownName(path, onKey, 'service', name, services));
  };
  for (const { name, dependsOn, after } of pipeline.services.values()) {
    const path = ['services', name, 'depends-on'];
    for (const [index, other] of dependsOn.entries()) mustBeService([...path, index], false, other);
    if (dependsOn.includes(name)) findings.push({ path, message: `services.${name} depends on itself` });
    const order = ['services', name, 'after'];
    for (const [index, other] of after.entries()) mustBeService([...order, index], false, other);
    const round = circle(name, (service) => pipeline.services.get(service)?.after ?? []);
    if (round) findings.push({ path: order, message: `services wait for each other: ${round.join(' → ')}` });
  }
  for (const { name, url, strategies, promoteFrom, freeze } of pipeline.environments.values()) {
    const path = ['environments', name];
    const addresses = url === undefined || typeof url === 'string' ? [] : [...url.keys()];
    for (const service of addresses) mustBeService([...path, 'url', service], true, service);
    for (const [service, strategy] of strategies) {
      mustBeService([...path, 'strategy', service], true, service);
      findings.push(...checkStrategy(strategy, [...path, 'strategy', service]));
    }
    for (const [index, entry] of freeze.entries()) {
      const window = parseWindow(entry);
      if ('problem' in window) findings.push({ path: [...path, 'freeze', index], message: window.problem });
    }
    if (promoteFrom === undefined) continue;
    const where = [...path, 'promote-from'];
    if (!pipeline.environments.has(promoteFrom)) {
      findings.push(unknownName(where, false, 'environment', promoteFrom, environments));
      continue;
    }
    const round = circle(name, (from) => {
      const next = pipeline.environments.get(from)?.promoteFrom;
      return next === undefined ? [] : [next];
    });
    if (round) findings.push({ path: where, message: `environments are promoted in a circle: ${round.join(' ← ')}` });
  }
  return findings;
};
