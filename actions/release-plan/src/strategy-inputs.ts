import type { LifecycleHook, MetricGate, Strategy } from '@hospital-ops/pipeline/model';

/** The inputs of ecs-deploy that say how one service is brought out, as an entry of its `services` has them. */
export interface StrategyInputs {
  readonly strategy?: Strategy['type'];
  readonly 'canary-percent'?: string;
  readonly 'bake-time'?: string;
  readonly 'gate-alarms'?: readonly string[];
  readonly 'gate-metrics'?: readonly MetricGate[];
  readonly 'canary-service'?: string;
  readonly 'listener-rule'?: string;
  readonly 'lifecycle-hooks'?: readonly LifecycleHook[];
}

/** What the pipeline file does not say is left to the defaults of ecs-deploy. */
export const strategyInputs = (strategy: Strategy): StrategyInputs => {
  const { type, percent, bakeTime, gateAlarms, gateMetrics, canaryService, listenerRule, hooks } = strategy;
  return {
    strategy: type,
    ...(percent !== undefined && { 'canary-percent': percent }),
    ...(bakeTime !== undefined && { 'bake-time': bakeTime }),
    ...(gateAlarms.length > 0 && { 'gate-alarms': gateAlarms }),
    ...(gateMetrics.length > 0 && { 'gate-metrics': gateMetrics }),
    ...(canaryService !== undefined && { 'canary-service': canaryService }),
    ...(listenerRule !== undefined && { 'listener-rule': listenerRule }),
    ...(hooks !== undefined && { 'lifecycle-hooks': hooks }),
  };
};
