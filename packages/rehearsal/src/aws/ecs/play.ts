import type { ServiceDeploymentStatus } from './client.ts';
import type { HookAnswer, HookCall } from './hooks.ts';
import type { Service, ServiceDeployment } from './state.ts';

/** What a hook's Lambda function answers: always the same, or by what it is told. */
export type HookScript = HookAnswer | ((call: HookCall) => HookAnswer);

/** How ECS is to behave where a rehearsal cannot wait for it to happen. Services go by name. */
export interface EcsPlay {
  /** What the Lambda function of lifecycle hooks answers from now on; SUCCEEDED when nothing is said. */
  answerHook(functionArn: string, answer: HookScript): void;
  /** Every rollback of the service ends ROLLBACK_FAILED. */
  failRollback(service: string, reason?: string): void;
  /** Rollbacks of the service that are requested come too late: the deployment ends SUCCESSFUL. */
  lateRollback(service: string): void;
  /** Service deployments of the service that begin from now on are seen only after so many looks. */
  hideDeployment(service: string, looks: number): void;
  /** After the next UpdateService, DescribeServices shows the service as it was before so many times. */
  showStale(service: string, looks: number): void;
  /** DescribeServiceDeployments and ListServiceDeployments show this status so many times, whatever the truth is. */
  showStatus(service: string, status: ServiceDeploymentStatus, looks: number, reason?: string): void;
}

interface Shown {
  readonly status: ServiceDeploymentStatus;
  readonly reason: string | undefined;
  left: number;
}

/** Carries an `EcsPlay` out: the scheduler and the operations ask it. */
export class Play implements EcsPlay {
  readonly #hooks = new Map<string, HookScript>();
  readonly #failing = new Map<string, string>();
  readonly #late = new Set<string>();
  readonly #hide = new Map<string, number>();
  readonly #stale = new Map<string, number>();
  readonly #shown = new Map<string, Shown>();
  readonly #hidden = new WeakMap<ServiceDeployment, number>();
  readonly #old = new WeakMap<Service, { readonly answer: unknown; left: number }>();

  answerHook(functionArn: string, answer: HookScript): void {
    this.#hooks.set(functionArn, answer);
  }

  failRollback(service: string, reason = 'The rollback failed.'): void {
    this.#failing.set(service, reason);
  }

  lateRollback(service: string): void {
    this.#late.add(service);
  }

  hideDeployment(service: string, looks: number): void {
    this.#hide.set(service, looks);
  }

  showStale(service: string, looks: number): void {
    this.#stale.set(service, looks);
  }

  showStatus(service: string, status: ServiceDeploymentStatus, looks: number, reason?: string): void {
    this.#shown.set(service, { status, reason, left: looks });
  }

  askHook(call: HookCall): HookAnswer {
    const script = this.#hooks.get(call.functionArn) ?? 'SUCCEEDED';
    return typeof script === 'function' ? script(call) : script;
  }

  rollbackFails({ name }: Service): string | undefined {
    return this.#failing.get(name);
  }

  rollbackTooLate({ name }: Service): boolean {
    return this.#late.has(name);
  }

  /** A deployment has begun. */
  begun({ name }: Service, deployment: ServiceDeployment): void {
    const looks = this.#hide.get(name);
    if (looks !== undefined) this.#hidden.set(deployment, looks);
  }

  /** Whether a deployment cannot be seen yet; counts as a look. */
  hides(deployment: ServiceDeployment): boolean {
    const left = this.#hidden.get(deployment) ?? 0;
    if (left > 0) this.#hidden.set(deployment, left - 1);
    return left > 0;
  }

  /** Whether a deployment cannot be seen yet, for answers that are no look of their own. */
  isHidden(deployment: ServiceDeployment): boolean {
    return (this.#hidden.get(deployment) ?? 0) > 0;
  }

  /** A service is about to be updated; `answer` describes it as it is. */
  beforeUpdate(service: Service, answer: unknown): void {
    const left = this.#stale.get(service.name);
    if (left !== undefined) this.#old.set(service, { answer, left });
  }

  /** Returns the old description of a service while it is still shown. */
  stale(service: Service): unknown {
    const old = this.#old.get(service);
    if (old === undefined || old.left <= 0) return undefined;
    old.left -= 1;
    return old.answer;
  }

  /** Returns the status that is shown instead of the true one, and counts the look. */
  shownStatus({ name }: Service): { status: ServiceDeploymentStatus; reason: string | undefined } | undefined {
    const shown = this.#shown.get(name);
    if (shown === undefined || shown.left <= 0) return undefined;
    shown.left -= 1;
    return shown;
  }
}
