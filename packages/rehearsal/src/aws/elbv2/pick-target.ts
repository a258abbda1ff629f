import type { Action, Condition, ElbStore, Listener, Rule } from './state.ts';
import { groupsOf } from './state.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** The load balancer whose rule decided, and the target group that it chose. */
export interface Via {
  readonly loadBalancerArn: string;
  readonly targetGroupArn?: string;
}

/** `via` is undefined when there is no listener at all. */
export type Picked = Decided & { readonly via?: Via };

type Decided =
  | { readonly kind: 'target'; readonly place: Place }
  | { readonly kind: 'no-healthy-target' }
  | { readonly kind: 'no-rule' }
  | { readonly kind: 'fixed'; readonly status: number; readonly body: string; readonly contentType: string }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string };

/** `*` stands for any number of characters, `?` for exactly one ("Condition types for listener rules"). */
const matchesPattern = (pattern: string, text: string, ignoreCase: boolean): boolean => {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, ignoreCase ? 'is' : 's').test(text);
};

const holds = (condition: Condition, host: string, path: string): boolean => {
  if (condition.Field === 'host-header')
    return (condition.HostHeaderConfig?.Values ?? condition.Values ?? []).some((p) => matchesPattern(p, host, true));
  if (condition.Field === 'path-pattern')
    return (condition.PathPatternConfig?.Values ?? condition.Values ?? []).some((p) => matchesPattern(p, path, false));
  return false;
};

const order = ({ IsDefault, Priority }: Rule): number => (IsDefault ? Number.POSITIVE_INFINITY : Number(Priority));

/** Chooses among target groups and targets in turns, by weight: smooth weighted round robin, so that shares are exact. */
export class TargetPicker {
  readonly #store: ElbStore;
  readonly #credits = new Map<string, number>();
  readonly #turns = new Map<string, number>();

  constructor(store: ElbStore) {
    this.#store = store;
  }

  /** Where a request for `host` and `path` goes: HTTPS listeners first, then rules by priority, the default rule last. */
  pick(host: string, path: string): Picked {
    const name = host.replace(/:\d+$/, '').toLowerCase();
    const listeners = [...this.#store.listeners.values()].sort((a, b) => rank(a) - rank(b));
    for (const { ListenerArn, LoadBalancerArn } of listeners) {
      const rule = this.#ruleFor(ListenerArn, name, path);
      if (rule !== undefined) return this.#via(LoadBalancerArn, this.#follow(rule, name, path));
    }
    const fallback = this.#fallbackOf(listeners);
    if (fallback === undefined) return { kind: 'no-rule' };
    const { LoadBalancerArn = '' } = this.#store.listeners.get(fallback.listenerArn) ?? {};
    return this.#via(LoadBalancerArn, this.#follow(fallback, name, path));
  }

  /** Ids of the healthy tasks that requests for `host` and `path` may reach, by whatever share. */
  behind(host: string, path: string): string[] {
    const listeners = [...this.#store.listeners.values()].sort((a, b) => rank(a) - rank(b));
    const rule = listeners
      .map(({ ListenerArn }) => this.#ruleFor(ListenerArn, host.toLowerCase(), path))
      .find((one) => one !== undefined);
    return ((rule ?? this.#fallbackOf(listeners))?.Actions ?? [])
      .flatMap(groupsOf)
      .filter(({ Weight }) => Weight > 0)
      .flatMap(({ TargetGroupArn }) => this.#store.targets.get(TargetGroupArn) ?? [])
      .filter(({ state }) => state === 'healthy')
      .map(({ taskId }) => taskId);
  }

  #fallbackOf(listeners: readonly Listener[]): Rule | undefined {
    const defaults = [...this.#store.rules.values()].filter(({ IsDefault }) => IsDefault);
    return listeners
      .map(({ ListenerArn }) => defaults.find(({ listenerArn }) => listenerArn === ListenerArn))
      .find((rule) => rule !== undefined);
  }

  #ruleFor(listenerArn: string, host: string, path: string): Rule | undefined {
    const [pathname = '/'] = path.split('?');
    return [...this.#store.rules.values()]
      .filter((rule) => rule.listenerArn === listenerArn && !rule.IsDefault)
      .sort((a, b) => order(a) - order(b))
      .find(({ Conditions }) => Conditions.every((condition) => holds(condition, host, pathname)));
  }

  #via(loadBalancerArn: string, picked: Picked): Picked {
    return { ...picked, via: { ...picked.via, loadBalancerArn } };
  }

  #follow(rule: Rule, host: string, path: string): Picked {
    const action = rule.Actions.findLast(({ Type }) => !Type.startsWith('authenticate'));
    if (action?.Type === 'forward') return this.#forward(rule.RuleArn, action);
    if (action?.Type === 'fixed-response') {
      const { StatusCode = '404', MessageBody = '', ContentType = 'text/plain' } = action.FixedResponseConfig ?? {};
      return { kind: 'fixed', status: Number(StatusCode), body: MessageBody, contentType: ContentType };
    }
    if (action?.Type !== 'redirect') return { kind: 'no-rule' };
    const { Protocol = 'https', Host = host, StatusCode = 'HTTP_301' } = action.RedirectConfig ?? {};
    const target = `${Protocol.replace('#{protocol}', 'https').toLowerCase()}://${Host.replace('#{host}', host)}${path}`;
    return { kind: 'redirect', status: StatusCode === 'HTTP_302' ? 302 : 301, location: target };
  }

  #forward(key: string, action: Action): Picked {
    const groups = groupsOf(action).filter(({ Weight }) => Weight > 0);
    const total = groups.reduce((sum, { Weight }) => sum + Weight, 0);
    const credit = (arn: string) => this.#credits.get(`${key} ${arn}`) ?? 0;
    for (const { TargetGroupArn, Weight } of groups)
      this.#credits.set(`${key} ${TargetGroupArn}`, credit(TargetGroupArn) + Weight);
    const best = groups.toSorted((a, b) => credit(b.TargetGroupArn) - credit(a.TargetGroupArn))[0];
    if (best === undefined) return { kind: 'no-healthy-target' };
    this.#credits.set(`${key} ${best.TargetGroupArn}`, credit(best.TargetGroupArn) - total);
    const targets = (this.#store.targets.get(best.TargetGroupArn) ?? []).filter(({ state }) => state === 'healthy');
    const turn = this.#turns.get(best.TargetGroupArn) ?? 0;
    this.#turns.set(best.TargetGroupArn, turn + 1);
    const target = targets[turn % Math.max(1, targets.length)];
    const via = { loadBalancerArn: '', targetGroupArn: best.TargetGroupArn };
    return target === undefined
      ? { kind: 'no-healthy-target', via }
      : { kind: 'target', place: { host: target.host, port: target.port }, via };
  }
}

const rank = ({ Protocol, Port }: Listener): number => (Protocol === 'HTTPS' ? 0 : 100_000) + Port;
