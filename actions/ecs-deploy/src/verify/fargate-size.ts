import { cpuUnits, memoryMib } from '@hospital-ops/aws/ecs/task-size';

const GIB = 1024;

/** CPU units → smallest and largest memory in MiB and the steps between ("Task CPU and memory", Fargate task definitions). */
const SIZES: Readonly<Record<number, readonly [min: number, max: number, step: number]>> = {
  256: [512, 2 * GIB, 512],
  512: [GIB, 4 * GIB, GIB],
  1024: [2 * GIB, 8 * GIB, GIB],
  2048: [4 * GIB, 16 * GIB, GIB],
  4096: [8 * GIB, 30 * GIB, GIB],
  8192: [16 * GIB, 60 * GIB, 4 * GIB],
  16384: [32 * GIB, 120 * GIB, 8 * GIB],
};

const fits = (memory: number, [min, max, step]: readonly [number, number, number]): boolean =>
  memory >= min && memory <= max && (memory - min) % step === 0 && !(min === 512 && memory === 3 * 512);

export type SizeVerdict = { readonly kind: 'fits' | 'unknown' } | { readonly kind: 'wrong'; readonly why: string };

/** Returns whether Fargate offers this much memory with this much CPU; unknown for CPU sizes that this table lacks. */
export const fargateSize = (cpu: string | undefined, memory: string | undefined): SizeVerdict => {
  if (cpu === undefined || memory === undefined) {
    return { kind: 'wrong', why: 'Fargate needs `cpu` and `memory` of the whole task' };
  }
  const units = cpuUnits(cpu);
  const mib = memoryMib(memory);
  const size = units === undefined ? undefined : SIZES[units];
  if (mib === undefined || size === undefined) return { kind: 'unknown' };
  if (fits(mib, size)) return { kind: 'fits' };
  const [min, max, step] = size;
  const offered = min === 512 ? '512, 1024 or 2048 MiB' : `${min} to ${max} MiB in steps of ${step}`;
  return { kind: 'wrong', why: `Fargate has no size of ${units} CPU units with ${mib} MiB; it offers ${offered}` };
};
