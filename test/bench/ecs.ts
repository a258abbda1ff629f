import type { CrashLoop } from './crash-loop.ts';
import { crashLoops } from './crash-loop.ts';
import { mib, print, seconds, table } from './figures.ts';
import { LAG_HEADER, lagOfBundles, lagOnVirtualTime, lagRow } from './lag.ts';
import type { Many } from './many.ts';
import { releaseMany, slowestBucket } from './many.ts';

const SERVICES = 200;

/** Times to be steady, in milliseconds, none a multiple of what anybody waits. */
const SHORT = [1_370, 9_730, 17_510, 25_190, 33_870, 41_230, 47_690, 55_130, 61_410, 64_770, 5_930, 13_330];
const LONG = [
  90_130, 121_370, 155_910, 187_490, 214_730, 251_170, 290_530, 333_310, 371_890, 412_070, 455_630, 498_210,
];

const lags = async (): Promise<void> => {
  print('## Lag: from the completion of the service deployment to the end of the step\n');
  const rows = [
    lagRow('built bundle, real time', await lagOfBundles(), '2 s'),
    lagRow('in process, virtual time, short', await lagOnVirtualTime(SHORT), '2 s'),
    lagRow('in process, virtual time, long', await lagOnVirtualTime(LONG), '6 s'),
  ];
  table(LAG_HEADER, rows);
};

const crashRow = ({ what, polls, ms, outcome, explained }: CrashLoop): string[] => [
  what,
  String(polls),
  '2',
  seconds(ms),
  outcome,
  explained ? 'exit code and log line' : 'no',
];

const crashes = async (): Promise<void> => {
  print('## Crash loop: from the third failed task to the call that takes the service back (virtual time)\n');
  const header = ['revision', 'polls', 'target', 'time', 'outcome', 'explained by'];
  table(header, (await crashLoops()).map(crashRow));
};

const manyRow = (many: Many, target: string): string[] => [
  String(many.services),
  many.outcome,
  seconds(many.wallMs),
  seconds(slowestBucket(many.services) * 1_000),
  mib(many.rss),
  target,
  `${many.bytes.services} / ${many.bytes.summary} / ${many.bytes.log}`,
];

const releases = async (): Promise<void> => {
  print("## Releases by the built bundle, in real time, at the rates of AWS's token buckets\n");
  const one = await releaseMany(1);
  const all = await releaseMany(SERVICES);
  const header = [
    'services',
    'outcome',
    'wall time',
    'what the slowest bucket takes',
    'peak memory',
    'target',
    'bytes of output, summary, log',
  ];
  table(header, [manyRow(one, '120 MiB'), manyRow(all, '200 MiB')]);
  const least = slowestBucket(SERVICES) * 1_000;
  const over = ((all.wallMs / least - 1) * 100).toFixed(1);
  print(`Wall time of ${SERVICES}: ${over} % above what RegisterTaskDefinition's bucket permits (target: 10 %).\n`);
  table(
    ['call', 'sent', 'throttled, and sent again'],
    [...all.calls].map(([call, { sent, throttled }]) => [call, String(sent), String(throttled)]),
  );
};

await lags();
await crashes();
await releases();
