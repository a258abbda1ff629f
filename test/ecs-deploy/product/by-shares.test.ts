import { describeProduct, HARDEST } from './rows.ts';
import { BY_CANARY, BY_LINEAR } from './scenarios.ts';
import { THOROUGH } from './steps.ts';

for (const scenario of [...BY_CANARY, ...(THOROUGH ? BY_LINEAR : [])]) await describeProduct(scenario, HARDEST);
