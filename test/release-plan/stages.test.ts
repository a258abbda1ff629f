import { expect, test } from '@jest/globals';
import { stagesOf } from '../../actions/release-plan/src/stages.ts';

test.each([
  [
    'with all of them',
    [true, true, true],
    { migrating: 'migrating (1/3)', deploying: 'deploying (2/3)', 'smoke-testing': 'smoke-testing (3/3)' },
  ],
  ['without migrations', [false, true, true], { deploying: 'deploying (1/2)', 'smoke-testing': 'smoke-testing (2/2)' }],
  ['that is only deployed', [false, true, false], { deploying: 'deploying' }],
])('the stages of a release %s', (_, [migrating = false, deploying = false, tested = false], stages) => {
  expect(stagesOf({ migrating, deploying, 'smoke-testing': tested })).toEqual(stages);
});
