import { describeProduct, HARDEST } from './rows.ts';
import { BY_WEIGHTS } from './scenarios.ts';

for (const scenario of BY_WEIGHTS) await describeProduct(scenario, HARDEST);
