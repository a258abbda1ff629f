import type { Clock } from '@hospital-ops/action-kit/clock';
import { systemClock } from '@hospital-ops/action-kit/clock';
import type { TaskEngine } from '../engine/task-engine.ts';
import type { LocalAlarms, LocalMetrics } from './cloudwatch/cloudwatch.ts';
import { createCloudWatch } from './cloudwatch/cloudwatch.ts';
import type { LocalCodeDeploy } from './codedeploy/codedeploy.ts';
import { createCodeDeploy } from './codedeploy/codedeploy.ts';
import type { UnknownMembers } from './dispatcher.ts';
import { Dispatcher } from './dispatcher.ts';
import { createDynamoDb } from './dynamodb/dynamodb.ts';
import type { EcsEvent, LocalEcs } from './ecs/ecs.ts';
import { createEcs } from './ecs/ecs.ts';
import { resolveSecret } from './ecs/secret-references.ts';
import { createElbV2 } from './elbv2/elbv2.ts';
import { HealthChecker } from './elbv2/health-checker.ts';
import type { Picked, Place } from './elbv2/pick-target.ts';
import { TargetPicker } from './elbv2/pick-target.ts';
import type { Probe } from './elbv2/probe.ts';
import { httpProbe } from './elbv2/probe.ts';
import { isRule, shiftWeights } from './elbv2/shift-traffic.ts';
import { ElbStore } from './elbv2/state.ts';
import type { Handled } from './elbv2/traffic-metrics.ts';
import { TrafficMetrics } from './elbv2/traffic-metrics.ts';
import type { Visits } from './elbv2/visitor.ts';
import { startVisitor } from './elbv2/visitor.ts';
import { Faults } from './faults.ts';
import type { LocalIam } from './iam/iam.ts';
import { createIam } from './iam/iam.ts';
import { createSts } from './identity.ts';
import { listenOnLoopback } from './listen.ts';
import { openAwsLogs } from './logs/awslogs-driver.ts';
import { LogStore } from './logs/log-store.ts';
import { createLogs } from './logs/logs.ts';
import type { RequestRecord } from './request-log.ts';
import { RequestLog } from './request-log.ts';
import { createSecretsManager } from './secrets-manager.ts';
import type { AwsService } from './service.ts';
import { createSsm } from './ssm.ts';
import { Timeline } from './timeline.ts';
import type { Timings } from './timings.ts';
import { QUICK } from './timings.ts';
import { TokenBuckets } from './token-buckets.ts';
import type { WebIdentityProvider } from './web-identity.ts';
import { createWireServer } from './wire/server.ts';

export interface LocalAwsOptions {
  readonly engine: TaskEngine;
  /** Default 123456789012. */
  readonly accountId?: string;
  /** Default `us-east-1`; requests signed for another region are refused. */
  readonly region?: string;
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** Default: real time. For virtual time pass `new VirtualClock().background`. */
  readonly clock?: Clock;
  readonly timings?: Partial<Timings>;
  /** Further services, such as ECR. */
  readonly services?: readonly AwsService[];
  /** Asks a target's health; default over HTTP. */
  readonly probe?: Probe;
  /** Default `refuse`. */
  readonly unknownMembers?: UnknownMembers;
  /** Whose web identities may assume roles, by the roles' trust policies; without one any is believed. */
  readonly identityProvider?: WebIdentityProvider;
  /** Enforces the real rates of the APIs of ECS and CloudWatch; default true. */
  readonly throttling?: boolean;
  /** Told of failures of the stand-in itself; default: thrown as an unhandled rejection. */
  onError?(error: unknown): void;
}

export interface LocalAws {
  /** `http://127.0.0.1:PORT`, for AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly port: number;
  readonly region: string;
  readonly accountId: string;
  readonly ecs: Pick<LocalEcs, 'snapshot' | 'failPlacement' | 'interrupt' | 'play' | 'taskSets'>;
  readonly elb: {
    pick(host: string, path: string): Picked;
    /** `pick` reduced: undefined when no rule forwards the request. */
    pickTarget(host: string, path: string): Place | 'no-healthy-target' | undefined;
    /** Ids of the healthy tasks that requests may reach, by whatever share. */
    behind(host: string, path: string): readonly string[];
    /** Gives a listener rule another ARN, where a file names one. */
    renameRule(from: string, to: string): void;
    /** Counts a request in the metrics of the load balancer. */
    record(handled: Handled): void;
  };
  /** Visits a page for ever, so that there is traffic to measure; ends by the returned function or with `close`. */
  traffic(visits: Visits): () => void;
  readonly alarms: LocalAlarms;
  readonly metrics: LocalMetrics;
  readonly iam: Pick<LocalIam, 'createRole' | 'createTrustedRole'>;
  readonly codeDeploy: Pick<LocalCodeDeploy, 'failRollback'>;
  readonly faults: Faults;
  /** How often an operation was called over the wire. */
  calls(operation: string, service?: string): number;
  requests(): readonly RequestRecord[];
  /** Calls an operation in this process: validated as over the wire, neither logged nor counted, no faults. */
  call(service: string, operation: string, input?: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** Adds a service; one of the same name is replaced. */
  register(service: AwsService): Promise<void>;
  /** Returns a function that ends the subscription. */
  onEvent(listener: (event: EcsEvent) => void): () => void;
  /** Stops tasks, frees the port; nothing is left that keeps the process alive. The engine is closed by its owner. */
  close(): Promise<void>;
}

/** Starts a local AWS on 127.0.0.1. Rejects when the port is taken. */
export const startLocalAws = async (options: LocalAwsOptions): Promise<LocalAws> => {
  const { engine, accountId = '123456789012', region = 'us-east-1', clock = systemClock } = options;
  const timings: Timings = { ...QUICK, ...options.timings };
  const onError = options.onError ?? ((error) => void Promise.reject(error));
  const timeline = new Timeline(clock, onError);
  const now = () => clock.now();
  const listeners = new Set<(event: EcsEvent) => void>();

  const elbStore = new ElbStore();
  const picker = new TargetPicker(elbStore);
  const cloudwatch = createCloudWatch(timeline, timings.minuteMs);
  const trafficMetrics = new TrafficMetrics({
    store: elbStore,
    timeline,
    minuteMs: timings.minuteMs,
    put: (key, value, unit) => cloudwatch.metrics.put(key, value, { unit }),
  });
  const probe = options.probe ?? httpProbe;
  const checker: HealthChecker = new HealthChecker({
    store: elbStore,
    timeline,
    timings,
    probe,
    onChange: (taskId) => {
      trafficMetrics.watchHosts();
      ecs.onTargetChange(taskId);
    },
  });
  const logStore = new LogStore();
  const iam = createIam({ accountId, now });
  const ssm = createSsm();
  const secrets = createSecretsManager();
  const ecs: LocalEcs = createEcs({
    engine,
    timeline,
    timings,
    region,
    accountId,
    targets: {
      register: (arn, target) => checker.register(arn, target),
      deregister: (arn, taskId) => checker.deregister(arn, taskId),
      health: (arn, taskId) => checker.health(arn, taskId),
      isAttached: (arn) => elbStore.isAttached(arn),
      isRule: (arn) => isRule(elbStore, arn),
      shift: (arn, weights) => shiftWeights(elbStore, arn, weights),
    },
    alarms: cloudwatch.alarms,
    resolveSecret: (valueFrom) => resolveSecret(valueFrom, { parameter: ssm.value, secret: secrets.value }),
    openLogs: (task) => openAwsLogs(logStore, task, now),
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
  });

  const codeDeploy = createCodeDeploy({
    taskSets: ecs.taskSets,
    elb: elbStore,
    timeline,
    minuteMs: timings.minuteMs,
    alarms: cloudwatch.alarms,
  });

  const dispatcher = new Dispatcher({ region, accountId, now }, options.unknownMembers ?? 'refuse');
  const own = [
    ecs.service,
    cloudwatch.service,
    iam.service,
    codeDeploy.service,
    createDynamoDb(),
    createLogs(logStore),
    ssm.service,
    secrets.service,
    createElbV2(elbStore),
    createSts({ iam, provider: options.identityProvider }),
  ];
  for (const service of [...own, ...(options.services ?? [])]) await dispatcher.register(service);
  const buckets = options.throttling === false ? undefined : new TokenBuckets(now());
  const faults = new Faults((matches) => buckets?.drain(matches, now()), now);
  const log = new RequestLog();
  const hold = <T>(work: Promise<T>): Promise<T> => {
    timeline.hold(work);
    return work;
  };
  const server = createWireServer({ dispatcher, faults, buckets, log, region, accountId, now, hold });
  const listening = await listenOnLoopback(server, options.port);

  return {
    url: listening.url,
    port: listening.port,
    region,
    accountId,
    ecs,
    elb: {
      pick: (host, path) => picker.pick(host, path),
      pickTarget: (host, path) => {
        const picked = picker.pick(host, path);
        if (picked.kind === 'target') return picked.place;
        return picked.kind === 'no-healthy-target' ? picked.kind : undefined;
      },
      behind: (host, path) => picker.behind(host, path),
      renameRule: (from, to) => elbStore.renameRule(from, to),
      record: (handled) => trafficMetrics.record(handled),
    },
    traffic: (visits) =>
      startVisitor(
        {
          timeline,
          timeoutMs: timings.healthTimeoutMs,
          ask: probe,
          pick: (host, path) => picker.pick(host, path),
          record: (handled) => trafficMetrics.record(handled),
        },
        visits,
      ),
    alarms: cloudwatch.alarms,
    metrics: cloudwatch.metrics,
    iam,
    codeDeploy,
    faults,
    calls: (operation, service) => log.count(operation, service),
    requests: () => log.all(),
    call: async (service, operation, input = {}) => {
      const output = await dispatcher.call(service, operation, input);
      return typeof output === 'object' && output !== null ? { ...output } : {};
    },
    register: (service) => dispatcher.register(service),
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      await listening.close();
      await ecs.close();
      await timeline.close();
    },
  };
};
