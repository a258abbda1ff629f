import type { Check, Failure, JsonPath, JsonValue } from './check.ts';
import type { HttpResponse } from './http.ts';
import { MAX_BODY_BYTES } from './http.ts';
import { jsonEquals, valuesAt } from './json-path.ts';
import { formatStatusSet, statusMatches } from './status-set.ts';
import { sameVersion } from './version.ts';

type Json = { readonly document: JsonValue } | { readonly mistake: string };

const show = (value: JsonValue): string => JSON.stringify(value);

const parseJson = (response: HttpResponse): Json => {
  if (response.truncated) return { mistake: `a body of more than ${MAX_BODY_BYTES / 1024} KiB` };
  if (response.body.trim() === '') return { mistake: 'an empty body' };
  try {
    return { document: JSON.parse(response.body) as JsonValue };
  } catch {
    return { mistake: 'a body that is not JSON' };
  }
};

const atPath = (
  json: Json,
  path: JsonPath,
  expected: string,
  matches: (value: JsonValue) => boolean,
  assertion: string,
): Failure[] => {
  if ('mistake' in json) return [{ assertion, expected, got: json.mistake }];
  const values = valuesAt(path, json.document);
  if (values.length === 0) return [{ assertion, expected, got: 'nothing at this path' }];
  const other = values.find((value) => !matches(value));
  return other === undefined ? [] : [{ assertion, expected, got: show(other) }];
};

const versionFailures = (check: Check, json: () => Json): Failure[] => {
  if (check.expectVersion === undefined) return [];
  const { path, expected } = check.expectVersion;
  const matches = (value: JsonValue) =>
    (typeof value === 'string' || typeof value === 'number') && sameVersion(expected, String(value));
  return atPath(json(), path, JSON.stringify(expected), matches, `version at ${path.text}`);
};

const headerFailures = (check: Check, response: HttpResponse): Failure[] =>
  check.expectHeaders.flatMap(([name, expected]) => {
    const got = response.headers.get(name.toLowerCase());
    if (got === expected) return [];
    return [{ assertion: `header ${name}`, expected, got: got === undefined ? 'no such header' : got }];
  });

const bodyFailures = (check: Check, response: HttpResponse): Failure[] => {
  if (check.expectBody === undefined || response.body.includes(check.expectBody)) return [];
  const place = response.truncated ? ` in the first ${MAX_BODY_BYTES / 1024} KiB of` : ' in';
  return [{ assertion: 'body', expected: check.expectBody, got: `no such text${place} the body` }];
};

const DAY_MS = 86_400_000;

const certificateFailures = (check: Check, { certificateExpires }: HttpResponse, now: number): Failure[] => {
  if (check.minCertificateDays === undefined) return [];
  const expected = `valid for ${check.minCertificateDays} more days`;
  const fail = (got: string): Failure[] => [{ assertion: 'certificate', expected, got }];
  if (certificateExpires === undefined) return fail('no certificate');
  if (certificateExpires - now >= check.minCertificateDays * DAY_MS) return [];
  const left = Math.floor((certificateExpires - now) / DAY_MS);
  return fail(`${left} days, until ${new Date(certificateExpires).toISOString()}`);
};

/** Returns every assertion of `check` that `response` fails, the status first; empty when it is as expected. `now` is in milliseconds. */
export const decideResponse = (check: Check, response: HttpResponse, now: number): Failure[] => {
  let parsed: Json | undefined;
  const json = () => {
    parsed ??= parseJson(response);
    return parsed;
  };
  const status = statusMatches(check.expectStatus, response.status)
    ? []
    : [{ assertion: 'status', expected: formatStatusSet(check.expectStatus), got: String(response.status) }];
  return [
    ...status,
    ...versionFailures(check, json),
    ...headerFailures(check, response),
    ...bodyFailures(check, response),
    ...check.expectJson.flatMap(({ path, expected }) =>
      atPath(json(), path, show(expected), (value) => jsonEquals(value, expected), `json ${path.text}`),
    ),
    ...certificateFailures(check, response, now),
  ];
};
