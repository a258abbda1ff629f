import { describeProduct, TROUBLES } from './rows.ts';
import { CRASH, GOOD } from './scenarios.ts';

await describeProduct(GOOD, TROUBLES);
await describeProduct(CRASH, TROUBLES);
