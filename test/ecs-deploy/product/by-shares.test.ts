import { describeProduct, HARDEST } from './rows.ts';
import { BY_CANARY, BY_LINEAR } from './scenarios.ts';

for (const scenario of [...BY_CANARY, ...BY_LINEAR]) await describeProduct(scenario, HARDEST);
