import { describeProduct, HARDEST } from './rows.ts';
import { BY_CODE_DEPLOY } from './scenarios.ts';

for (const scenario of BY_CODE_DEPLOY) await describeProduct(scenario, HARDEST);
