import { describeProduct, HARDEST } from './rows.ts';
import { AT_STAGE, CONTINUED, PAUSED } from './scenarios.ts';

for (const scenario of [PAUSED, CONTINUED, AT_STAGE]) await describeProduct(scenario, HARDEST);
