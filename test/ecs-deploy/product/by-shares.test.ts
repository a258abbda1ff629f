import { THOROUGH } from '../../support/thorough.ts';
import { describeProduct, HARDEST } from './rows.ts';
import { BY_CANARY, BY_LINEAR } from './scenarios.ts';

for (const scenario of [...BY_CANARY, ...(THOROUGH ? BY_LINEAR : [])]) await describeProduct(scenario, HARDEST);
