import { isMap } from '@hospital-ops/action-kit/is-map';
import { parseYaml } from '@hospital-ops/action-kit/structured';
import type { JsonObject, Service } from '@hospital-ops/aws/ecs/ports';

/** Keys of an AppSpec are written `Resources` and `resources` (CodeDeploy user guide, AppSpec file structure). */
const keyOf = (object: JsonObject, name: string): string =>
  Object.keys(object).find((key) => key.toLowerCase() === name.toLowerCase()) ?? name;

const inside = (object: JsonObject, name: string): JsonObject => {
  const value = object[keyOf(object, name)];
  return isMap(value) ? value : {};
};

const resourcesOf = (spec: JsonObject): JsonObject[] => {
  const list = spec[keyOf(spec, 'Resources')];
  return Array.isArray(list) ? list.filter(isMap) : [];
};

/** Returns an AppSpec that was deployed, as an object; undefined when it is none. */
export const parseAppSpec = (content: string | undefined): JsonObject | undefined => {
  if (content === undefined) return undefined;
  try {
    const value = parseYaml(content);
    return isMap(value) && resourcesOf(value).length > 0 ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Returns the task definition that an AppSpec deploys. */
export const definitionIn = (spec: JsonObject): string | undefined => {
  const properties = inside(inside(resourcesOf(spec)[0] ?? {}, 'TargetService'), 'Properties');
  const definition = properties[keyOf(properties, 'TaskDefinition')];
  return typeof definition === 'string' ? definition : undefined;
};

/**
 * Returns the AppSpec that deploys a task definition, as JSON. It is that of the last successful deployment with another
 * definition, so that hooks, network and capacity stay as they are; without one it is made from the service.
 */
export const renderAppSpec = (base: JsonObject | undefined, service: Service, definition: string): string => {
  const [balancer] = service.loadBalancers;
  const own = {
    ...(balancer?.container !== undefined && {
      LoadBalancerInfo: { ContainerName: balancer.container, ContainerPort: balancer.port },
    }),
    ...(service.platformVersion !== undefined && { PlatformVersion: service.platformVersion }),
  };
  const spec = base ?? { version: 0.0, Resources: [{ TargetService: { Type: 'AWS::ECS::Service', Properties: {} } }] };
  const [first = {}, ...others] = resourcesOf(spec);
  const target = inside(first, 'TargetService');
  const properties = inside(target, 'Properties');
  const merged = {
    ...(base === undefined ? own : {}),
    ...properties,
    [keyOf(properties, 'TaskDefinition')]: definition,
  };
  const resource = {
    ...first,
    [keyOf(first, 'TargetService')]: { ...target, [keyOf(target, 'Properties')]: merged },
  };
  return JSON.stringify({ ...spec, [keyOf(spec, 'Resources')]: [resource, ...others] });
};
