import { describeProduct } from './rows.ts';
import { CRASH, GOOD } from './scenarios.ts';

await describeProduct(GOOD);
await describeProduct(CRASH);
