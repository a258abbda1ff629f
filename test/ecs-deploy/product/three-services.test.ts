import { describeProduct, HARDEST } from './rows.ts';
import { CRASH_THREE, GOOD_THREE } from './scenarios.ts';

await describeProduct(GOOD_THREE, HARDEST);
await describeProduct(CRASH_THREE, HARDEST);
