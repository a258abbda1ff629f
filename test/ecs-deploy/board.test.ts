import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { describe, expect, test } from '@jest/globals';
import type { Row } from '../../actions/ecs-deploy/src/rollout/board.ts';
import { createBoard, renderBoard } from '../../actions/ecs-deploy/src/rollout/board.ts';
import { createProgress, rowOf } from '../../actions/ecs-deploy/src/rollout/progress.ts';
import { deployment, OURS, observed, old, service, serviceDeployment } from './observations.ts';

const row = (name: string, given: Partial<Row> = {}): Row => ({
  name,
  revision: `${name}:2`,
  tasks: '1/2 running',
  state: 'IN_PROGRESS',
  ...given,
});
const line = (name: string, changed: boolean, ended = false) => ({ row: row(name), changed, ended });

const create = (total: number) => {
  const log = createMemoryLog();
  return { log, board: createBoard(total, log, new FakeClock()) };
};

describe('the table of a release', () => {
  test('counts who ended, who is on the way and who waits', () => {
    expect(renderBoard([line('a', true, true), line('b', true)], 4).title).toBe(
      '1 of 4 services ended, 1 on their way, 2 waiting',
    );
  });

  test('has what changed first, then the others that are on their way, in columns', () => {
    const { lines } = renderBoard([line('api', false), line('web-front', true), line('db', false, true)], 3);
    expect(lines).toEqual([
      'web-front  web-front:2  1/2 running  IN_PROGRESS',
      'api        api:2        1/2 running  IN_PROGRESS',
    ]);
  });

  test('of very many services stays short, and says how many it leaves out', () => {
    const { lines } = renderBoard(
      Array.from({ length: 200 }, (_, i) => line(`s${i}`, i % 2 === 0)),
      200,
    );
    expect(lines).toHaveLength(26);
    expect(lines.at(-1)).toBe('… and 175 more');
  });

  test('is written once for all looks of a moment, and not when nothing changed', async () => {
    const { log, board } = create(2);
    board.show(row('a'));
    board.show(row('b'));
    await new Promise((done) => setImmediate(done));
    board.show(row('a'));
    await new Promise((done) => setImmediate(done));
    expect(log.lines.filter((each) => each.startsWith('group:'))).toEqual([
      'group: 0 of 2 services ended, 2 on their way',
    ]);
  });

  test('says how a service ended', () => {
    const { log, board } = create(1);
    board.show(row('a'));
    board.ended('a', 'completed');
    board.flush();
    expect(log.lines).toEqual(['group: 1 of 1 services ended, 0 on their way', 'a  a:2  1/2 running  completed']);
  });
});

describe('the progress of a service', () => {
  const seen = observed(
    service([deployment({ running: 1, pending: 1, failedTasks: 2 }), old({ running: 2 })], {
      events: [{ id: 'e1', at: 0, message: 'has started 1 tasks' }],
    }),
    {
      deployment: serviceDeployment('IN_PROGRESS', {
        stage: 'PRODUCTION_TRAFFIC_SHIFT',
        target: { arn: 'r', requested: 2, running: 1, pending: 1, productionWeight: 10, testWeight: undefined },
      }),
    },
  );

  test('has tasks, failures, who else runs, the rollout, its stage and its share of the traffic', () => {
    expect(rowOf('api', OURS, seen)).toEqual({
      name: 'api',
      revision: 'api:2',
      tasks: '1/2 running, 1 pending',
      state:
        '2 failed, api:1 2 running, IN_PROGRESS, deployment IN_PROGRESS at PRODUCTION_TRAFFIC_SHIFT, 10 % of the traffic',
    });
  });

  test('is told in lines for a single service: each event once, each state once', () => {
    const log = createMemoryLog();
    const tell = createProgress('api', OURS, undefined, log);
    tell(seen);
    tell(seen);
    expect(log.lines).toHaveLength(2);
  });

  test('is told in the table for one of many, its events all the same', async () => {
    const { log, board } = create(2);
    const tell = createProgress('api', OURS, undefined, log, board);
    tell(seen);
    tell(seen);
    board.flush();
    expect(log.lines.filter((each) => each.includes('event'))).toHaveLength(1);
    expect(log.lines.filter((each) => each.startsWith('group:'))).toHaveLength(1);
  });
});
