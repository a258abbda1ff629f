import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '@hospital-ops/action-kit/fake-clock';
import { createMemoryLog } from '@hospital-ops/action-kit/log';
import { Secrets } from '@hospital-ops/action-kit/secrets';
import { parse } from 'yaml';
import { createHttp } from '../../actions/smoke-test/src/http-client.ts';
import { parseSmokeTestInputs } from '../../actions/smoke-test/src/inputs.ts';
import { runSmokeTest } from '../../actions/smoke-test/src/run.ts';
import { secretHeaderValues } from '../../actions/smoke-test/src/secret-headers.ts';

const action = parse(readFileSync('actions/smoke-test/action.yml', 'utf8')) as {
  inputs: Record<string, { default?: string }>;
};

/** Inputs as the runner passes them: the defaults of action.yml, and what the step gives. */
const withDefaults = (given: Readonly<Record<string, string>>): Map<string, string> => {
  const defaults = Object.entries(action.inputs).flatMap(([name, { default: value }]) =>
    value ? [[name, value]] : [],
  );
  return new Map<string, string>([...(defaults as [string, string][]), ...Object.entries(given)]);
};

export const parseInputs = (given: Readonly<Record<string, string>>) =>
  parseSmokeTestInputs(withDefaults(given), () => {
    throw new Error('no such file');
  });

/** Runs the action over real sockets with a clock that does not wait. */
export const smoke = async (given: Readonly<Record<string, string>>, signal = new AbortController().signal) => {
  const inputs = parseInputs(given);
  const secrets = new Secrets();
  for (const value of secretHeaderValues(inputs.checks)) secrets.add(value);
  const log = createMemoryLog();
  const clock = new FakeClock();
  const redact = (text: string) => secrets.redact(text);
  const files = new Map<string, string>();
  const writeReport = (path: string, text: string) => void files.set(path, text);
  const http = createHttp(() => false);
  const result = await runSmokeTest(inputs, { http, log, clock, signal, redact, writeReport });
  const report = JSON.parse(result.outputs.report ?? '') as Array<Record<string, unknown>>;
  return { ...result, summary: result.summary.render(), report, log: log.lines.join('\n'), clock, files };
};

export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** Requests that came, in order. */
  readonly requests: Array<{ method: string; path: string; headers: IncomingMessage['headers']; body: string }>;
  close(): Promise<void>;
}

/** A loopback server; `answer` gets the number of the request, from 1. */
export const serve = async (
  answer: (response: ServerResponse, count: number, path: string) => void,
  host = '127.0.0.1',
): Promise<TestServer> => {
  const requests: TestServer['requests'] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
      answer(response, requests.length, request.url ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

/** Answers with JSON. */
export const json = (response: ServerResponse, value: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};
