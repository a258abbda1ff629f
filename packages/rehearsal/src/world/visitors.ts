import type { ResolvedEnvironment, ResolvedService } from '@hospital-ops/pipeline/model';
import type { LocalAws } from '../aws/local-aws.ts';
import { healthPath } from './balancing.ts';
import { ecsServicesOf } from './strategies.ts';

/** Often enough that a canary of a few percent is visited within its bake time. */
const VISIT_MS = 25;

/** A page that people ask for: one of the smoke checks that is not the health check, else the root. */
const pageOf = (service: ResolvedService): string => {
  const paths = service.smoke.map(({ url }) => new URL(url).pathname);
  return paths.find((path) => path !== healthPath(service)) ?? '/';
};

/** Sends visitors from the first change of a deployment on; before it there is nothing to judge. */
const visit = (aws: LocalAws, service: ResolvedService, host: string): (() => void) => {
  const names = ecsServicesOf(service);
  let leave = () => {};
  const unsubscribe = aws.onEvent((event) => {
    if (event.kind !== 'deployment' || !names.includes(event.service)) return;
    unsubscribe();
    leave = aws.traffic({ host, path: pageOf(service), everyMs: VISIT_MS });
  });
  return () => {
    unsubscribe();
    leave();
  };
};

/**
 * Sends visitors to every service that is watched by gates, which without traffic have nothing to see. The returned
 * function ends their visits.
 */
export const sendVisitors = (aws: LocalAws, environments: readonly ResolvedEnvironment[]): (() => void) => {
  const visited = environments
    .flatMap(({ services }) => [...services.values()])
    .filter(({ strategy }) => strategy && strategy.gateAlarms.length + strategy.gateMetrics.length > 0);
  const ends = visited.flatMap((service) =>
    service.url === undefined ? [] : [visit(aws, service, new URL(service.url).host)],
  );
  return () => {
    for (const end of ends) end();
  };
};
