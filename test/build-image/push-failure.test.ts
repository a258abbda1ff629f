import { expect, test } from '@jest/globals';
import { decidePushFailure } from '../../actions/build-image/src/push-failure.ts';

const taken = "tag invalid: The image tag '1.0' already exists in the 'api' repository and cannot be overwritten";

test.each([
  [
    'ERROR: failed to push r/api:1: unexpected status from PUT request to r/v2/api/manifests/1: 503 Service Unavailable',
    'transient',
  ],
  [
    'ERROR: failed to solve: failed to push r/api:1: unexpected status from HEAD request to r: 429 Too Many Requests',
    'transient',
  ],
  [
    'ERROR: failed to solve: failed to do request: Put "https://r/v2/": read tcp 10.0.0.1: connection reset by peer',
    'transient',
  ],
  ['ERROR: failed to solve: failed to copy: failed to do request: Patch "https://r/v2/": EOF', 'transient'],
  ['received unexpected HTTP status: 503 Service Unavailable', 'transient'],
  ['Error response from daemon: Get "https://r/v2/": net/http: TLS handshake timeout', 'transient'],
  [`ERROR: failed to push r/api:1.0: unexpected status from PUT request: 400 Bad Request: ${taken}`, 'immutable'],
  [
    'ERROR: failed to push r/api:1: unexpected status from POST request to r/v2/api/blobs/uploads/: 403 Forbidden',
    'final',
  ],
  ['ERROR: failed to push r/api:1: failed to authorize: 401 Unauthorized', 'final'],
  ['ERROR: failed to push r/api:1: name unknown: The repository with name api does not exist', 'final'],
  ['ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1', 'final'],
  ['npm error network connection reset while fetching, status 503', 'final'],
  ['', 'final'],
])('%j is %s', (line, kind) => {
  expect(decidePushFailure(['#5 DONE 0.1s', line])).toBe(kind);
});
