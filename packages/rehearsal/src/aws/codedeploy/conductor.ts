import type { AlarmState } from '../cloudwatch/alarm-state.ts';
import type { TaskSets } from '../ecs/ecs.ts';
import type { ElbStore } from '../elbv2/state.ts';
import { AwsFault } from '../service.ts';
import type { Timeline } from '../timeline.ts';
import { stepsOf } from './configs.ts';
import { checkInterrupts, Ended, failed } from './interrupts.ts';
import type { Stage } from './stage.ts';
import { stageOf } from './stage.ts';
import type { Deployment, LifecycleEvent, SeenTaskSet } from './state.ts';
import { shiftListeners } from './traffic.ts';

export interface ConductorOptions {
  readonly taskSets: TaskSets;
  readonly elb: ElbStore;
  readonly timeline: Timeline;
  readonly minuteMs: number;
  readonly alarms: { state(name: string): AlarmState | undefined };
  /** Makes the deployment that says of another one that it was rolled back. */
  createRollback(of: Deployment): Deployment;
  /** Whether the rollback that begins now is to fail. */
  rollbackFails(): boolean;
}

/** "A timeout occurs while waiting for replacement task set" (troubleshooting ECS deployments): 60 minutes. */
const INSTALL_MINUTES = 60;
/** How often the state of things is looked at, in minutes. */
const LOOK_MINUTES = 1 / 12;

/** Leads deployments to ECS from one lifecycle event to the next ("Deployments on an Amazon ECS compute platform"). */
export class Conductor {
  readonly #options: ConductorOptions;

  constructor(options: ConductorOptions) {
    this.#options = options;
  }

  /** Carries a deployment out to its end; never rejects. */
  async conduct(deployment: Deployment): Promise<void> {
    let stage: Stage | undefined;
    try {
      await this.#wait(deployment, LOOK_MINUTES / 2);
      deployment.status = 'Queued';
      await this.#wait(deployment, LOOK_MINUTES / 2);
      deployment.status = 'InProgress';
      deployment.startedAt = this.#options.timeline.now();
      await this.#event(deployment, 'BeforeInstall');
      stage = stageOf(deployment, this.#options.taskSets, this.#options.elb);
      await this.#deploy(deployment, stage);
      this.#end(deployment, 'Succeeded');
    } catch (error) {
      const ended = error instanceof Ended ? error : failed('INTERNAL_ERROR', String(error));
      await this.#giveUp(deployment, stage, ended);
    }
  }

  async #deploy(deployment: Deployment, stage: Stage): Promise<void> {
    const green = await this.#install(deployment, stage);
    await this.#event(deployment, 'AfterInstall');
    if (stage.test.length > 0) {
      await this.#event(deployment, 'AllowTestTraffic', async () => this.#shift(stage.test, stage, 100));
      await this.#event(deployment, 'AfterAllowTestTraffic');
    }
    await this.#ready(deployment);
    await this.#event(deployment, 'BeforeAllowTraffic');
    await this.#event(deployment, 'AllowTraffic', async () => {
      for (const { percent, minutes } of stepsOf(deployment.routing)) {
        this.#shift(stage.production, stage, percent);
        Object.assign(stage.blue, { weight: 100 - percent });
        Object.assign(green, { weight: percent });
        if (minutes > 0) await this.#wait(deployment, minutes);
      }
      this.#options.taskSets.promote(stage.cluster, stage.service, green.id);
    });
    await this.#event(deployment, 'AfterAllowTraffic');
    const { terminateBlueInstancesOnDeploymentSuccess: blue } =
      deployment.group.config.blueGreenDeploymentConfiguration ?? {};
    if (blue?.action === 'KEEP_ALIVE') return;
    deployment.terminationWait = true;
    await this.#wait(deployment, blue?.terminationWaitTimeInMinutes ?? 0, () =>
      deployment.told.has('TERMINATION_WAIT'),
    );
    this.#remove(stage, stage.blue);
    this.#see(deployment, stage);
  }

  async #install(deployment: Deployment, stage: Stage): Promise<SeenTaskSet> {
    const { spec } = deployment;
    const { cluster, service, to } = stage;
    return await this.#event(deployment, 'Install', async () => {
      let id: string;
      try {
        const created = this.#options.taskSets.create(cluster, service, {
          taskDefinition: spec.taskDefinition,
          externalId: deployment.id,
          startedBy: 'CODE_DEPLOY',
          loadBalancers: [{ targetGroupArn: to, containerName: spec.container, containerPort: spec.port }],
          ...(spec.network === undefined ? {} : { networkConfiguration: spec.network }),
          ...(spec.platformVersion === undefined ? {} : { platformVersion: spec.platformVersion }),
        });
        id = created.id ?? '';
      } catch (error) {
        if (!(error instanceof AwsFault)) throw error;
        throw failed(
          'ECS_UPDATE_ERROR',
          `The ECS service cannot be updated due to an unexpected error: ${error.message} (Service: AmazonECS; Status Code: ${error.status}; Error Code: ${error.code}).`,
        );
      }
      const none = { desired: 0, pending: 0, running: 0, status: 'ACTIVE', weight: 0 };
      const green: SeenTaskSet = { id, label: 'Green', targetGroup: to, ...none };
      deployment.taskSets.push(green);
      const stable = () =>
        this.#options.taskSets.list(cluster, service).find((set) => set.id === id)?.stabilityStatus === 'STEADY_STATE';
      if (!(await this.#wait(deployment, INSTALL_MINUTES, stable, () => this.#see(deployment, stage))))
        throw failed(
          'TIMEOUT',
          'The deployment timed out while waiting for the replacement task set to become healthy. This time out period is 60 minutes.',
        );
      this.#see(deployment, stage);
      return green;
    });
  }

  /** Waits for ContinueDeployment where the group asks for it (API_DeploymentReadyOption). */
  async #ready(deployment: Deployment): Promise<void> {
    const { deploymentReadyOption: option } = deployment.group.config.blueGreenDeploymentConfiguration ?? {};
    if (option?.actionOnTimeout !== 'STOP_DEPLOYMENT') return;
    deployment.status = 'Ready';
    const { waitTimeInMinutes = 0 } = option;
    const told = await this.#wait(deployment, waitTimeInMinutes, () => deployment.told.has('READY_WAIT'));
    if (!told)
      throw new Ended(
        'Stopped',
        'TIMEOUT',
        `The deployment was stopped because traffic was not rerouted within ${waitTimeInMinutes} minutes.`,
        'DEPLOYMENT_STOP_ON_REQUEST',
      );
    deployment.status = 'InProgress';
  }

  async #giveUp(deployment: Deployment, stage: Stage | undefined, ended: Ended): Promise<void> {
    const { autoRollback, stop } = deployment;
    for (const event of deployment.events) {
      if (event.status === 'InProgress')
        Object.assign(event, { status: 'Failed', endedAt: this.#options.timeline.now() });
      if (event.status === 'Pending') event.status = 'Skipped';
    }
    deployment.error = { code: ended.code, message: ended.message };
    const configured = autoRollback?.enabled === true && autoRollback.events?.includes(ended.event) === true;
    const rollBack =
      stop === undefined || ended.event !== 'DEPLOYMENT_STOP_ON_REQUEST' ? configured : stop.rollBack || configured;
    // There is nothing to go back from before the replacement exists.
    const rollback = rollBack && stage !== undefined ? this.#options.createRollback(deployment) : undefined;
    this.#end(deployment, ended.status);
    if (rollback === undefined || stage === undefined) return;
    rollback.startedAt = this.#options.timeline.now();
    rollback.status = 'InProgress';
    if (this.#options.rollbackFails()) {
      await this.#pause(LOOK_MINUTES);
      rollback.error = {
        code: 'ECS_UPDATE_ERROR',
        message: 'The ECS service cannot be updated due to an unexpected error.',
      };
      for (const event of rollback.events) event.status = 'Skipped';
      this.#end(rollback, 'Failed');
      deployment.rollback.rollbackMessage = `The rollback of ${deployment.id} by ${rollback.id} failed.`;
      return;
    }
    for (const listeners of [stage.production, stage.test]) this.#shift(listeners, stage, 0);
    const green = deployment.taskSets.find(({ label }) => label === 'Green');
    this.#options.taskSets.promote(stage.cluster, stage.service, stage.blue.id);
    if (green !== undefined) this.#remove(stage, green);
    for (const set of deployment.taskSets) set.weight = set.label === 'Blue' ? 100 : 0;
    await this.#pause(LOOK_MINUTES);
    this.#see(deployment, stage);
    rollback.taskSets.push(...deployment.taskSets.map((set) => ({ ...set })));
    for (const event of rollback.events) event.status = 'Succeeded';
    this.#end(rollback, 'Succeeded');
    deployment.rollback.rollbackMessage = `Deployment ${deployment.id} was rolled back by ${rollback.id}.`;
  }

  async #event<T>(deployment: Deployment, name: string, work?: () => Promise<T>): Promise<T> {
    const { timeline } = this.#options;
    const event: LifecycleEvent = deployment.events.find((each) => each.name === name) ?? { name, status: 'Pending' };
    Object.assign(event, { status: 'InProgress', startedAt: timeline.now() });
    await this.#wait(deployment, LOOK_MINUTES);
    const result = await work?.();
    Object.assign(event, { status: 'Succeeded', endedAt: timeline.now() });
    return result as T;
  }

  /** Lets minutes pass, or until `done`; false when it was not done in time. Throws Ended for alarms and stops. */
  async #wait(deployment: Deployment, minutes: number, done?: () => boolean, onLook?: () => void): Promise<boolean> {
    const { timeline, minuteMs } = this.#options;
    const deadline = timeline.now() + minutes * minuteMs;
    for (;;) {
      onLook?.();
      checkInterrupts(deployment, (alarm) => this.#options.alarms.state(alarm));
      if (done?.() === true) return true;
      const left = (deadline - timeline.now()) / minuteMs;
      if (left <= 0) return false;
      await this.#pause(Math.min(left, LOOK_MINUTES));
    }
  }

  #pause(minutes: number): Promise<void> {
    const { timeline, minuteMs } = this.#options;
    return new Promise((resolve) => void timeline.after(minutes * minuteMs, resolve));
  }

  #shift(listeners: readonly string[], { from, to }: Stage, percent: number): void {
    shiftListeners(this.#options.elb, listeners, { from, to }, percent);
  }

  #remove({ cluster, service }: Stage, set: SeenTaskSet): void {
    const there = this.#options.taskSets.list(cluster, service).some(({ id }) => id === set.id);
    if (there) this.#options.taskSets.delete(cluster, service, set.id);
  }

  #see(deployment: Deployment, { cluster, service }: Stage): void {
    const there = this.#options.taskSets.list(cluster, service);
    for (const seen of deployment.taskSets) {
      const set = there.find(({ id }) => id === seen.id);
      const { computedDesiredCount: desired = 0, pendingCount: pending = 0, runningCount: running = 0 } = set ?? {};
      Object.assign(seen, { desired, pending, running, status: set?.status ?? 'DRAINING' });
    }
  }

  #end(deployment: Deployment, status: Deployment['status']): void {
    deployment.status = status;
    deployment.completedAt = this.#options.timeline.now();
  }
}
