import { describeProduct, HARDEST } from './rows.ts';
import { CRASH_WITH_STRATEGY, SETTINGS } from './scenarios.ts';

for (const scenario of [SETTINGS, CRASH_WITH_STRATEGY]) await describeProduct(scenario, HARDEST);
