import { describeProduct, HARDEST } from './rows.ts';
import { BY_BLUE_GREEN } from './scenarios.ts';

for (const scenario of BY_BLUE_GREEN) await describeProduct(scenario, HARDEST);
