import { AwsFault } from './service.ts';

export const FAULT_KINDS = [
  'throttle',
  '5xx',
  'reset',
  'access-denied',
  'expired-token',
  'validation',
  'lost-response',
  'empty',
  'html',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Something that goes wrong with calls that match. */
export interface Fault {
  /** `ecs`; every service when absent. */
  readonly service?: string;
  /** `UpdateService`; every operation when absent. */
  readonly operation?: string;
  /**
   * `reset` does nothing and breaks the connection. `lost-response`, `empty` and `html` do what was asked: then the
   * connection breaks, the answer holds nothing, or it is somebody's page with a status of success.
   */
  readonly kind: FaultKind;
  /** How many calls it hits; all when absent. */
  readonly times?: number;
  /** How many matching calls pass before. */
  readonly after?: number;
  /** For how many milliseconds from its first hit; for ever when absent. */
  readonly forMs?: number;
  /** The share of calls that it hits, 0-1, evenly spread (0.5 is every second call). */
  readonly rate?: number;
}

interface Active {
  readonly fault: Fault;
  seen: number;
  hits: number;
  firstHit: number | undefined;
}

/** The faults that are set, in the order in which they were added; the first that matches and is due strikes. */
export class Faults {
  #active: Active[] = [];
  readonly #drain: (matches: (service: string, operation: string) => boolean) => void;
  readonly #now: () => number;

  constructor(drain: (matches: (service: string, operation: string) => boolean) => void, now: () => number = Date.now) {
    this.#drain = drain;
    this.#now = now;
  }

  /**
   * Sets a fault; the returned function takes it away. A `throttle` without `times`, `after`, `rate` and `forMs` empties
   * the token buckets of what it matches, so that only their real refill rates are left.
   */
  add(fault: Fault): () => void {
    if (
      fault.kind === 'throttle' &&
      fault.times === undefined &&
      fault.rate === undefined &&
      fault.after === undefined &&
      fault.forMs === undefined
    ) {
      this.#drain((service, operation) => matches(fault, service, operation));
      return () => undefined;
    }
    const active: Active = { fault, seen: 0, hits: 0, firstHit: undefined };
    this.#active.push(active);
    return () => {
      this.#active = this.#active.filter((other) => other !== active);
    };
  }

  clear(): void {
    this.#active = [];
  }

  /** Returns what strikes this call, and counts it. */
  strike(service: string, operation: string): FaultKind | undefined {
    for (const active of this.#active) {
      const { fault } = active;
      if (!matches(fault, service, operation)) continue;
      active.seen += 1;
      const index = active.seen - (fault.after ?? 0);
      if (index <= 0 || active.hits >= (fault.times ?? Number.POSITIVE_INFINITY)) continue;
      const rate = fault.rate ?? 1;
      if (Math.floor(index * rate) === Math.floor((index - 1) * rate)) continue;
      const now = this.#now();
      active.firstHit ??= now;
      if (now - active.firstHit > (fault.forMs ?? Number.POSITIVE_INFINITY)) continue;
      active.hits += 1;
      return fault.kind;
    }
    return undefined;
  }
}

const matches = (fault: Fault, service: string, operation: string): boolean =>
  (fault.service === undefined || fault.service === service) &&
  (fault.operation === undefined || fault.operation === operation);

export interface Caller {
  readonly arn: string;
}

/** Returns the error a fault answers with ("Common Error Types" of the services); undefined for broken connections. */
export const faultAnswer = (
  kind: FaultKind,
  call: { readonly service: string; readonly operation: string; readonly query: boolean; readonly callerArn: string },
): AwsFault | undefined => {
  const { service, operation, query, callerArn } = call;
  switch (kind) {
    case 'throttle':
      return new AwsFault(query ? 'Throttling' : 'ThrottlingException', 'Rate exceeded', 400);
    case '5xx':
      return service === 'ecs'
        ? new AwsFault('ServerException', 'Service Unavailable. Please try again later.', 500)
        : new AwsFault(query ? 'ServiceUnavailable' : 'InternalServerError', 'The request has failed.', 503);
    case 'access-denied': {
      const action = `${service}:${operation}`;
      return new AwsFault(
        query ? 'AccessDenied' : 'AccessDeniedException',
        `User: ${callerArn} is not authorized to perform: ${action} on resource: * because no identity-based policy allows the ${action} action`,
        query ? 403 : 400,
      );
    }
    case 'expired-token':
      return new AwsFault(
        query ? 'ExpiredToken' : 'ExpiredTokenException',
        'The security token included in the request is expired',
        query ? 403 : 400,
      );
    case 'validation':
      return new AwsFault(
        service === 'ecs' ? 'InvalidParameterException' : query ? 'ValidationError' : 'ValidationException',
        'Value null at a member failed to satisfy constraint.',
        400,
      );
    case 'reset':
    case 'lost-response':
    case 'empty':
    case 'html':
      return undefined;
  }
};
