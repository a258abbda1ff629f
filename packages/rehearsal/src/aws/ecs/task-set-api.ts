import { AwsFault } from '../service.ts';
import type { CreateTaskSetRequest } from './client.ts';
import type { Service, TaskSet } from './state.ts';
import type { EcsStore } from './store.ts';
import { taskSetAnswer } from './task-set-answer.ts';
import type { TaskSetControl } from './task-set-control.ts';

interface Named {
  readonly cluster?: string;
  readonly service?: string;
}

const percentOf = (
  scale: { value?: number | undefined; unit?: string | undefined } | undefined,
): number | undefined => {
  const value = scale?.value;
  // "an integer between 0 and 100" (API_Scale).
  if (value !== undefined && (!Number.isFinite(value) || value < 0 || value > 100))
    throw new AwsFault('InvalidParameterException', 'The scale value must be between 0 and 100.');
  return value;
};

export const taskSetApi = (store: EcsStore, control: TaskSetControl) => {
  const external = ({ cluster, service = '' }: Named): Service => {
    const found = store.service(store.cluster(cluster), service);
    const type = found.config.deploymentController?.type ?? 'ECS';
    // "This is used when a service uses the EXTERNAL deployment controller type" (API_CreateTaskSet).
    if (type !== 'EXTERNAL')
      throw new AwsFault(
        'InvalidParameterException',
        `The service must use the EXTERNAL deployment controller, it uses ${type}.`,
      );
    return found;
  };
  const answer = (service: Service, set: TaskSet) => ({
    taskSet: taskSetAnswer(service, set, store.tasksOf(service)),
  });
  return {
    CreateTaskSet: (request: CreateTaskSetRequest) => {
      const service = external({ cluster: request.cluster ?? '', service: request.service ?? '' });
      const { taskDefinition = '', externalId, loadBalancers, networkConfiguration, launchType, tags } = request;
      const scale = percentOf(request.scale);
      return answer(
        service,
        control.create(service, {
          taskDefinition,
          ...(externalId === undefined ? {} : { externalId }),
          ...(loadBalancers === undefined ? {} : { loadBalancers }),
          ...(networkConfiguration === undefined ? {} : { networkConfiguration }),
          ...(launchType === undefined ? {} : { launchType }),
          ...(tags === undefined ? {} : { tags }),
          ...(scale === undefined ? {} : { scale }),
        }),
      );
    },
    UpdateTaskSet: (request: Named & { taskSet: string; scale?: { value?: number; unit?: string } }) => {
      const service = external(request);
      return answer(service, control.scale(service, request.taskSet, percentOf(request.scale) ?? 0));
    },
    UpdateServicePrimaryTaskSet: (request: Named & { primaryTaskSet: string }) => {
      const service = external(request);
      return answer(service, control.promote(service, request.primaryTaskSet));
    },
    DeleteTaskSet: (request: Named & { taskSet: string; force?: boolean }) => {
      const service = external(request);
      return answer(service, control.delete(service, request.taskSet, request.force === true));
    },
    DescribeTaskSets: (request: Named & { taskSets?: string[] }) => {
      const service = store.service(store.cluster(request.cluster), request.service ?? '');
      const wanted = request.taskSets ?? service.taskSets.map(({ arn }) => arn);
      const known = (id: string) => service.taskSets.find(({ arn, deployment }) => arn === id || deployment.id === id);
      const all = store.tasksOf(service);
      return {
        taskSets: wanted.flatMap((id) => {
          const set = known(id);
          return set === undefined ? [] : [taskSetAnswer(service, set, all)];
        }),
        failures: wanted.filter((id) => known(id) === undefined).map((arn) => ({ arn, reason: 'MISSING' })),
      };
    },
  };
};
