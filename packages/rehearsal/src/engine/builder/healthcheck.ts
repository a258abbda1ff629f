import { parseDuration } from '@hospital-ops/action-kit/duration';
import { BuildError } from './build-error.ts';
import type { Instruction } from './dockerfile.ts';
import { parseExecForm } from './dockerfile.ts';

const durations = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};
const nanoseconds = 1_000_000_000;

/** Returns the config's Healthcheck of a HEALTHCHECK instruction. It is kept, not run: ECS does not run it either. */
export const parseHealthcheck = ({ flags, rest, line }: Instruction): Readonly<Record<string, unknown>> => {
  const error = (problem: string) => new BuildError(`dockerfile parse error on line ${line}: ${problem}`);
  const result: Record<string, unknown> = {};
  for (const [flag, value] of Object.entries(flags)) {
    if (flag === 'retries' && /^\d{1,6}$/.test(value)) result.Retries = Number(value);
    else if (Object.hasOwn(durations, flag)) {
      const seconds = /^\d+$/.test(value) ? undefined : parseDuration(value);
      if (seconds === undefined) throw error(`time: invalid duration "${value}"`);
      result[durations[flag as keyof typeof durations]] = seconds * nanoseconds;
    } else throw error(`unknown flag: ${flag}`);
  }
  const [type = '', text = ''] = rest.split(/\s+([\s\S]*)/);
  if (type.toUpperCase() === 'NONE') return { Test: ['NONE'] };
  if (type.toUpperCase() !== 'CMD' || text === '') throw error(`Unknown type "${type}" in HEALTHCHECK (try CMD)`);
  const words = parseExecForm(text);
  return { Test: words ? ['CMD', ...words] : ['CMD-SHELL', text], ...result };
};
