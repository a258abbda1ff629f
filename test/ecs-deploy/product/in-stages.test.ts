import { describeProduct, HARDEST } from './rows.ts';
import { CRASH_BLUE_GREEN, GOOD_BLUE_GREEN, PAUSED } from './scenarios.ts';

await describeProduct(GOOD_BLUE_GREEN, HARDEST);
await describeProduct(CRASH_BLUE_GREEN, HARDEST);
await describeProduct(PAUSED, HARDEST);
