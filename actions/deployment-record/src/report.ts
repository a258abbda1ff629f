import { formatDuration } from '@hospital-ops/action-kit/duration';
import type { Cell } from '@hospital-ops/action-kit/summary';
import { code, link, Summary, text } from '@hospital-ops/action-kit/summary';
import { neutralizeToLine } from '@hospital-ops/action-kit/untrusted';
import type { DeploymentRecord, ServiceState } from '@hospital-ops/deployments/record';
import { isUntouched, NO_SERVICE_TOUCHED } from '@hospital-ops/deployments/record';

const duration = (record: DeploymentRecord): string =>
  record['duration-seconds'] === undefined ? '' : formatDuration(record['duration-seconds']);

/** `failure (rolled-back)`; the outcome is left out where it says no more than the status. */
const ending = (record: DeploymentRecord): string => {
  const { status, outcome } = record;
  const ended = outcome === '' || outcome === status ? status : `${status} (${outcome})`;
  return isUntouched(record) ? `${ended}, ${NO_SERVICE_TOUCHED}` : ended;
};

/** One deployment in one line of the log. */
export const lineOf = (record: DeploymentRecord): string =>
  [
    record.started.slice(0, 16).replace('T', ' '),
    record.kind,
    record.version,
    ending(record),
    duration(record),
    record.actor,
    record.deployed.join(','),
    neutralizeToLine(record.reason ?? '', 200),
  ]
    .filter((part) => part !== '')
    .join('  ');

const overrides = (record: DeploymentRecord): string => {
  const freeze = record['freeze-override'];
  const outdated = record['outdated-override'];
  return [
    ...(freeze === undefined ? [] : [`The freeze window ${freeze.window} was open, and overridden: ${freeze.reason}`]),
    ...(outdated === undefined
      ? []
      : [`${outdated.version} (${outdated.sha.slice(0, 7)}) ran, and was overridden: ${outdated.reason}`]),
  ].join('. ');
};

const serviceRow = ([name, state]: readonly [string, ServiceState]): readonly Cell[] => [
  text(name),
  text(state.outcome),
  text(state.version ?? ''),
  text(state.serving?.version ?? ''),
  code((state.digest ?? state.image ?? '').slice(0, 19)),
  text(state.reason ?? ''),
];

/** The section of one deployment. */
export const summaryOf = (record: DeploymentRecord): Summary => {
  const { environment, version, previous, started, actor, reason } = record;
  const took = duration(record);
  return new Summary()
    .heading(`Deployment record: ${record.kind} ${version} to ${environment}`)
    .paragraph(
      text(`${ending(record)}. Began ${started}${took && `, took ${took}`}.`),
      text(previous === undefined ? 'No deployment before it is recorded.' : `Before it: ${previous.version}.`),
      text(`${actor && `Started by ${actor}.`}${reason === undefined ? '' : ` Reason: ${reason}`}`),
      text(overrides(record)),
    )
    .table(
      ['service', 'outcome', 'version', 'served in the end', 'digest', 'why'],
      Object.entries(record.services).map(serviceRow),
    );
};

const heldBy = (holder: string | undefined): string => {
  if (holder === undefined) return 'Who holds the environment could not be read.';
  return holder === '' ? 'Nobody holds the environment.' : `Held by ${holder}.`;
};

/** The last deployments of an environment; `holder` is empty when nobody holds it, undefined when nobody knows. */
export const overviewOf = (
  environment: string,
  records: readonly DeploymentRecord[],
  holder: string | undefined,
): Summary =>
  new Summary()
    .heading(`Deployments to ${environment}`)
    .paragraph(text(records.length === 0 ? 'None is recorded.' : ''), text(heldBy(holder)))
    .table(
      ['began (UTC)', 'what', 'version', 'how it ended', 'took', 'by', 'services', 'why'],
      records.map((record) => [
        text(record.started.slice(0, 16).replace('T', ' ')),
        text(record.kind),
        record['run-url'] === undefined ? text(record.version) : link(record.version, record['run-url']),
        text(ending(record)),
        text(duration(record)),
        text(record.actor),
        text(record.deployed.join(', ')),
        text(record.reason ?? ''),
      ]),
    );
