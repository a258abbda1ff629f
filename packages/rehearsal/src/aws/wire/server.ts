import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Dispatcher } from '../dispatcher.ts';
import { isQuery } from '../dispatcher.ts';
import type { FaultKind, Faults } from '../faults.ts';
import { faultAnswer } from '../faults.ts';
import type { QueryError } from '../model/shape.ts';
import type { RequestLog } from '../request-log.ts';
import type { AwsService } from '../service.ts';
import { AwsFault } from '../service.ts';
import type { TokenBuckets } from '../token-buckets.ts';
import { parseAuthorization } from './authorization.ts';
import { parseJsonBody, renderJson, renderJsonError } from './json-protocol.ts';
import { actionOf, parseQueryBody, renderXml, renderXmlError } from './query-protocol.ts';

export interface WireOptions {
  readonly dispatcher: Dispatcher;
  readonly faults: Faults;
  readonly buckets: TokenBuckets | undefined;
  readonly log: RequestLog;
  readonly region: string;
  readonly accountId: string;
  now(): number;
  /** Work that virtual time must not overtake. */
  hold<T>(work: Promise<T>): Promise<T>;
}

/** Calls that carry no signature because they are how one gets credentials (STS API reference). */
const UNSIGNED: readonly string[] = ['AssumeRoleWithWebIdentity'];

/** What a proxy in between says, with a status of success. */
const PAGE = '<!doctype html><html><title>Welcome</title><body>Please sign in to the network.</body></html>';

const MAX_BODY_BYTES = 8 * 1024 * 1024;

interface Call {
  readonly service: AwsService | undefined;
  readonly serviceName: string;
  readonly operation: string;
  readonly query: boolean;
  readonly body: string;
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new AwsFault('RequestEntityTooLarge', 'The request is too large.', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** Which service and operation a request is for: by X-Amz-Target (JSON) or by Action and Version (query). */
const identify = (request: IncomingMessage, body: string, services: readonly AwsService[]): Call => {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    const [prefix = '', operation = ''] = target.split('.');
    const service = services.find(
      (candidate) => (!isQuery(candidate) || candidate.json === true) && candidate.targetPrefix === prefix,
    );
    return { service, serviceName: service?.name ?? prefix, operation, query: false, body };
  }
  const { action, version } = actionOf(body);
  if (action !== undefined) {
    const service = services.find((candidate) => isQuery(candidate) && candidate.version === version);
    return { service, serviceName: service?.name ?? `API version ${version}`, operation: action, query: true, body };
  }
  const path = request.url ?? '/';
  throw new AwsFault(
    'NotImplementedByRehearsal',
    `The local AWS speaks the JSON and the query protocol; ${request.method} ${path} is neither. Its services are: ${services.map(({ name }) => name).join(', ')}.`,
  );
};

const send = (
  response: ServerResponse,
  call: Call | undefined,
  status: number,
  body: string,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): void => {
  response.writeHead(status, {
    ...headers,
    'content-type': call?.query ? 'text/xml' : 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': requestId,
  });
  response.end(body);
};

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
};

const namespaceOf = (service: AwsService | undefined): string => (service && isQuery(service) ? service.namespace : '');

/** For clients of a JSON service that was a query service: its error codes of then (Smithy, "awsQueryCompatible trait"). */
const queryHeader = (call: Call | undefined, error: QueryError): Record<string, string> =>
  call?.query === false && call.service && isQuery(call.service)
    ? { 'x-amzn-query-error': `${error.code};${error.status < 500 ? 'Sender' : 'Receiver'}` }
    : {};

const asFault = (error: unknown): AwsFault =>
  error instanceof AwsFault
    ? error
    : new AwsFault(
        'InternalFailure',
        `The local AWS failed: ${error instanceof Error ? error.stack : String(error)}`,
        500,
      );

/** Answers one request; what it did is in the log before the answer leaves. */
const answer = async (options: WireOptions, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  // Its own clock, not the machine's: by this header clients tell how far theirs is off.
  response.setHeader('date', new Date(options.now()).toUTCString());
  const { dispatcher, faults, log } = options;
  const requestId = randomUUID();
  let call: Call | undefined;
  let input: unknown;
  let accessKeyId: string | undefined;
  let struck: FaultKind | undefined;
  const record = (status: number | undefined, error?: string) =>
    log.add({
      service: call?.serviceName ?? '',
      operation: call?.operation ?? '',
      input,
      unknownMembers: call ? dispatcher.unknownMembers(call.serviceName, call.operation, input) : [],
      status,
      error,
      accessKeyId,
      userAgent: header(request, 'user-agent'),
      at: options.now(),
    });
  try {
    const body = await readBody(request);
    call = identify(request, body, dispatcher.services());
    const { serviceName, operation, query } = call;
    const shape = dispatcher.shapes(serviceName, operation)?.input;
    input = query ? parseQueryBody(body, shape) : parseJsonBody(body);
    if (!UNSIGNED.includes(operation)) {
      const token = header(request, 'x-amz-security-token');
      ({ accessKeyId } = parseAuthorization(request.headers.authorization, token, { region: options.region, query }));
    }
    struck = faults.strike(serviceName, operation);
    if (struck === 'reset') {
      record(undefined, 'reset');
      request.socket.resetAndDestroy();
      return;
    }
    const callerArn = `arn:aws:sts::${options.accountId}:assumed-role/deploy/rehearsal`;
    const fault = struck && faultAnswer(struck, { service: serviceName, operation, query, callerArn });
    if (fault) throw fault;
    if (options.buckets?.take(serviceName, operation, options.now()) === false)
      throw new AwsFault('ThrottlingException', 'Rate exceeded');
    const output = await dispatcher.call(serviceName, operation, input);
    if (struck === 'lost-response') {
      record(undefined, 'lost-response');
      request.socket.resetAndDestroy();
      return;
    }
    record(200, struck);
    if (struck === 'empty' || struck === 'html') {
      send(response, call, 200, struck === 'html' ? PAGE : query ? '' : '{}', requestId);
      return;
    }
    const text = query ? renderXml(operation, output, namespaceOf(call.service), requestId) : renderJson(output);
    send(response, call, 200, text, requestId);
  } catch (error) {
    const fault = asFault(error);
    const { code, status } = dispatcher.queryError(call?.serviceName ?? '', fault.code) ?? fault;
    record(status, fault.code);
    const text = call?.query
      ? renderXmlError({ code, status, message: fault.message }, namespaceOf(call.service), requestId)
      : renderJsonError(fault);
    if (!response.destroyed) send(response, call, status, text, requestId, queryHeader(call, { code, status }));
  }
};

/** Returns an HTTP server that speaks for every service of the dispatcher; the caller listens and closes. */
export const createWireServer = (options: WireOptions): Server =>
  createServer((request, response) => {
    void options.hold(answer(options, request, response));
  });
