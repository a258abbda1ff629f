import { parseDecimal } from '@hospital-ops/action-kit/numbers';

/** `0.5 vCPU`, `1 GB`: the unit counts 1024 of the smaller one. */
const amount = (text: string, unit: RegExp): number | undefined => {
  const number = text.replace(unit, '').trim();
  const value = parseDecimal(number.startsWith('.') ? `0${number}` : number);
  return value === undefined ? undefined : value * (unit.test(text) ? 1024 : 1);
};

/**
 * Returns a task's `cpu` in CPU units, or undefined when it is no amount. ECS turns `1 vCPU` into 1024 when it registers
 * (API_RegisterTaskDefinition).
 */
export const cpuUnits = (cpu: string): number | undefined => amount(cpu, /\s*vcpu$/i);

/** The same for `memory` in MiB: `1 GB` is 1024. */
export const memoryMib = (memory: string): number | undefined => amount(memory, /\s*gb$/i);
