/** One step of a traffic shift: so much to the replacement, then so many minutes until the next. */
export interface ShiftStep {
  readonly percent: number;
  readonly minutes: number;
}

/** API_TrafficRoutingConfig. */
export interface Routing {
  readonly type: string;
  readonly timeBasedCanary?: { readonly canaryPercentage?: number; readonly canaryInterval?: number };
  readonly timeBasedLinear?: { readonly linearPercentage?: number; readonly linearInterval?: number };
}

const canary = (canaryPercentage: number, canaryInterval: number): Routing => ({
  type: 'TimeBasedCanary',
  timeBasedCanary: { canaryPercentage, canaryInterval },
});

const linear = (linearPercentage: number, linearInterval: number): Routing => ({
  type: 'TimeBasedLinear',
  timeBasedLinear: { linearPercentage, linearInterval },
});

/** "Predefined deployment configurations for an Amazon ECS compute platform". */
export const PREDEFINED: Readonly<Record<string, Routing>> = {
  'CodeDeployDefault.ECSAllAtOnce': { type: 'AllAtOnce' },
  'CodeDeployDefault.ECSCanary10Percent5Minutes': canary(10, 5),
  'CodeDeployDefault.ECSCanary10Percent15Minutes': canary(10, 15),
  'CodeDeployDefault.ECSLinear10PercentEvery1Minutes': linear(10, 1),
  'CodeDeployDefault.ECSLinear10PercentEvery3Minutes': linear(10, 3),
};

/** Returns the steps of a traffic shift; the last one gives all and waits for nothing. */
export const stepsOf = (routing: Routing): readonly ShiftStep[] => {
  const last = { percent: 100, minutes: 0 };
  if (routing.type === 'TimeBasedCanary') {
    const { canaryPercentage = 10, canaryInterval = 5 } = routing.timeBasedCanary ?? {};
    return [{ percent: canaryPercentage, minutes: canaryInterval }, last];
  }
  if (routing.type !== 'TimeBasedLinear') return [last];
  const { linearPercentage = 10, linearInterval = 1 } = routing.timeBasedLinear ?? {};
  const steps: ShiftStep[] = [];
  for (let percent = linearPercentage; percent < 100; percent += linearPercentage)
    steps.push({ percent, minutes: linearInterval });
  return [...steps, last];
};
