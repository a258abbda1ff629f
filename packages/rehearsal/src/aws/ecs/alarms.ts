import type { ServiceConfig, ServiceDeployment } from './state.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** Reads the state of a CloudWatch alarm by name; undefined when there is none of that name. */
export interface AlarmReader {
  state(name: string): AlarmState | undefined;
}

/**
 * Returns how a deployment that begins now watches its alarms. When one is in ALARM already, ECS does not use alarms for
 * this deployment at all ("How CloudWatch alarms detect Amazon ECS deployment failures").
 */
export const beginAlarms = (config: ServiceConfig, alarms: AlarmReader): ServiceDeployment['alarms'] => {
  const { alarmNames = [], enable } = config.deploymentConfiguration?.alarms ?? {};
  const used = enable === true && alarmNames.length > 0 && !alarmNames.some((name) => alarms.state(name) === 'ALARM');
  return { status: used ? 'MONITORING' : 'DISABLED', names: enable === true ? alarmNames : [], triggered: [] };
};

/** Looks at the alarms of a deployment; true when one has gone into ALARM now. */
export const lookAtAlarms = (deployment: ServiceDeployment, alarms: AlarmReader): boolean => {
  if (deployment.status !== 'IN_PROGRESS' || deployment.alarms.status !== 'MONITORING') return false;
  const triggered = deployment.alarms.names.filter((name) => alarms.state(name) === 'ALARM');
  if (triggered.length === 0) return false;
  deployment.alarms = { ...deployment.alarms, status: 'TRIGGERED', triggered };
  return true;
};
