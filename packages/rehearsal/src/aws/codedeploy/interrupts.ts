import type { AlarmState } from '../cloudwatch/alarm-state.ts';
import type { Deployment } from './state.ts';

/** Why a deployment cannot go on; `event` is that of API_AutoRollbackConfiguration. */
export class Ended extends Error {
  readonly status: 'Failed' | 'Stopped';
  readonly code: string;
  readonly event: string;

  constructor(status: 'Failed' | 'Stopped', code: string, message: string, event: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.event = event;
  }
}

export const failed = (code: string, message: string) => new Ended('Failed', code, message, 'DEPLOYMENT_FAILURE');

/** Throws Ended when somebody asked for a stop, or when one of the alarms that are watched sounds. */
export const checkInterrupts = (
  { alarms, stop }: Deployment,
  stateOf: (alarm: string) => AlarmState | undefined,
): void => {
  if (stop !== undefined)
    throw new Ended('Stopped', 'MANUAL_STOP', 'The deployment was stopped by the user.', 'DEPLOYMENT_STOP_ON_REQUEST');
  if (alarms?.enabled !== true) return;
  const sounding = (alarms.alarms ?? []).flatMap(({ name = '' }) => (stateOf(name) === 'ALARM' ? [name] : []));
  if (sounding.length > 0)
    throw new Ended(
      'Stopped',
      'ALARM_ACTIVE',
      `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: <${sounding.join(', ')}>`,
      'DEPLOYMENT_STOP_ON_ALARM',
    );
};
