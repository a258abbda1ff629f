import type { InputReader } from '@hospital-ops/action-kit/inputs';

/** `arn:…:service/cluster/name`; services from before 2018 have no cluster in theirs (developer guide, "ARN format"). */
const SERVICE_ARN = /^arn:[^:]+:ecs:[^:]*:[^:]*:service\/(?:([^/]+)\/)?([^/]+)$/;

/** Returns the name of a service that is given by name or by ARN, as the answers of ECS carry it. */
export const serviceNameIn = (given: string): string => SERVICE_ARN.exec(given)?.[2] ?? given;

/** Returns the same, after it was checked that it is one, of a service of `cluster` (a name or ARN; empty if not given). */
export const parseServiceName = (reader: InputReader, input: string, given: string, cluster: string): string => {
  const [, itsCluster, name] = SERVICE_ARN.exec(given) ?? [];
  if (name === undefined) {
    if (/[/:]/.test(given)) reader.problem(input, 'expected the name or the ARN of an ECS service', given);
    return given;
  }
  const named = cluster.slice(cluster.lastIndexOf('/') + 1);
  if (itsCluster !== undefined && named !== '' && itsCluster !== named)
    reader.problem(input, `is a service of cluster "${itsCluster}", not of "${named}"`, given);
  return name;
};
