import { describeProduct, HARDEST } from './rows.ts';
import { BREACHED, GATED } from './scenarios.ts';

for (const scenario of [GATED, BREACHED]) await describeProduct(scenario, HARDEST);
