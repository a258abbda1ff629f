import { request } from 'node:http';

/** What a health check asks of a target. */
export interface HealthCheck {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly timeoutMs: number;
  /** Default: those of a health check. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers the HTTP status of a target; rejects when there is none. */
export type Probe = (check: HealthCheck) => Promise<number>;

/** Asks over HTTP as an Application Load Balancer does: a new connection, no redirects. */
export const httpProbe: Probe = ({
  host,
  port,
  path,
  timeoutMs,
  headers = { 'user-agent': 'ELB-HealthChecker/2.0' },
}) =>
  new Promise((resolve, reject) => {
    const asked = request({ host, port, path, agent: false, timeout: timeoutMs, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('timeout', () => asked.destroy(new Error('Request timed out')));
    asked.on('error', reject);
    asked.end();
  });

/** Whether a matcher such as `200`, `200,202` or `200-299` accepts a status (API_Matcher). */
export const accepts = (matcher: string, status: number): boolean =>
  matcher.split(',').some((part) => {
    const [from = Number.NaN, to = from] = part.trim().split('-').map(Number);
    return status >= from && status <= to;
  });
