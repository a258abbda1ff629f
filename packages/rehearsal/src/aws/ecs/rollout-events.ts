import { randomUUID } from 'node:crypto';
import type { Service, Task } from './state.ts';

/** DescribeServices shows the newest 100 events ("Viewing Amazon ECS service event messages"). */
const MAX_EVENTS = 100;

/** Adds an event to a service, newest first as the API lists them. */
export const tell = (service: Service, now: number, message: string): void => {
  const event = { id: randomUUID(), createdAt: now, message: `(service ${service.name}) ${message}` };
  service.events = [event, ...service.events].slice(0, MAX_EVENTS);
};

/** `(task a) (task b)`, as the events name tasks. */
export const taskList = (tasks: readonly Task[]): string => tasks.map(({ id }) => `(task ${id})`).join(' ');
