import { describe, expect, test } from '@jest/globals';
import { parseInputs } from './smoke-run.ts';

const url = 'https://api.example.org/version';

const problemsOf = (given: Record<string, string>): string => {
  try {
    parseInputs(given);
    return '';
  } catch (error) {
    return (error as { problems: readonly string[] }).problems.join('\n');
  }
};

describe('one address', () => {
  test('with nothing else any 2xx is enough, within two minutes', () => {
    const { checks, concurrency } = parseInputs({ url });
    expect(concurrency).toBe(5);
    expect(checks).toHaveLength(1);
    expect(checks[0]).toMatchObject({
      method: 'GET',
      consecutive: 1,
      deadlineMs: 120_000,
      intervalMs: 2_000,
      samples: 1,
    });
    expect(checks[0]?.expectStatus).toEqual({ ranges: [[200, 299]] });
  });

  test('the version is looked for at $.version', () => {
    expect(parseInputs({ url, 'expect-version': '1.1.0' }).checks[0]?.expectVersion).toMatchObject({
      expected: '1.1.0',
      path: { text: '$.version' },
    });
  });
});

describe('many addresses', () => {
  const versionOf = (checks: string, given: Record<string, string> = {}) =>
    parseInputs({ checks, ...given }).checks.map(({ expectVersion }) => expectVersion?.expected);

  test('inputs are the defaults of the checks, and a check wins over them', () => {
    const { checks } = parseInputs({
      checks: `[{url: "${url}"}, {url: "${url}", expect-status: 404, consecutive: 2, headers: {x-b: own}}]`,
      'expect-status': '200',
      headers: 'X-A: one\nX-B: two',
    });
    expect(checks.map(({ expectStatus }) => expectStatus.ranges)).toEqual([[[200, 200]], [[404, 404]]]);
    expect(checks.map(({ headers }) => headers.map(([name, value]) => `${name}=${value}`))).toEqual([
      ['X-A=one', 'X-B=two'],
      ['X-A=one', 'x-b=own'],
    ]);
  });

  test('a check may expect its own version', () => {
    expect(versionOf(`[{url: "${url}", expect-version: 1.2.0}, {url: "${url}"}]`)).toEqual(['1.2.0', undefined]);
  });

  test.each(['1.10', '0123456', '12e4567'])('a version %s without quotes is that text, not a number', (version) => {
    expect(versionOf(`- { url: "${url}", expect-version: ${version}, consecutive: 2 }`)).toEqual([version]);
  });

  test('the version of the inputs applies to the checks that name a version-path', () => {
    const checks = `[{url: "${url}", version-path: $.v}, {url: "${url}"}]`;
    expect(versionOf(checks, { 'expect-version': '2' })).toEqual(['2', undefined]);
  });

  test('the version of the inputs must apply somewhere', () => {
    expect(problemsOf({ checks: `[{url: "${url}"}]`, 'expect-version': '2' })).toContain(
      'applies to none of the checks',
    );
  });

  test('values of expect-json keep their types', () => {
    const checks = `[{url: "${url}", expect-json: {$.ready: true, $.n: "3", $.m: 1.0, $.k: 2e1}}]`;
    expect(parseInputs({ checks }).checks[0]?.expectJson.map(({ expected }) => expected)).toEqual([true, '3', 1, 20]);
  });
});

describe('what cannot be meant is an input error', () => {
  test.each<[string, Record<string, string>, string]>([
    ['no target', {}, '`url`: is required'],
    ['no checks', { checks: '[]' }, 'at least one check'],
    ['checks that are no list', { checks: 'url: x' }, 'at least one check'],
    ['both', { url, checks: `[{url: "${url}"}]` }, 'give either url or checks'],
    ['an address that is none', { url: 'api.example.org' }, 'expected an http or https URL'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'neither http nor https'],
    ['a metadata address', { url: 'http://169.254.169.254/latest' }, 'metadata or link-local'],
    ['an impossible status', { url, 'expect-status': '700' }, '`expect-status` is "700"'],
    ['a path that is none', { url, 'expect-json': 'status=ok' }, 'is not path=value'],
    ['a version path that is none', { url, 'version-path': 'version' }, 'expected a JSONPath'],
    ['a deadline below the interval', { url, deadline: '1s' }, 'shorter than the interval'],
    ['a deadline of nothing for two successes', { url, deadline: '0', consecutive: '2' }, 'leaves no time'],
    ['a latency without a unit', { url, 'max-latency-p95': '500' }, 'with its unit'],
    ['a number that is none', { url, consecutive: '3x' }, '`consecutive` is "3x"'],
    ['a body of GET', { checks: `[{url: "${url}", body: x}]` }, 'body: is not sent by GET'],
    ['text of HEAD', { checks: `[{url: "${url}", method: HEAD, expect-body: x}]` }, 'HEAD has no body'],
    [
      'an unknown property',
      { checks: `- url: "${url}"\n  name: a\n  expect-staus: 200` },
      'line 3: entry 1 (a): expect-staus: is no property of a check; did you mean expect-status?',
    ],
    [
      'a mistake in the second entry',
      { checks: `- url: "${url}"\n\n- url: "${url}"\n  expect-status: 99` },
      'line 4: entry 2',
    ],
    ['a JSONPath that is none', { checks: `- url: "${url}"\n  expect-json: {"$.[": 1}` }, 'line 2: entry 1'],
    [
      'a certificate of http',
      { url: 'http://api.example.org', 'min-certificate-days': '7' },
      'http has no certificate',
    ],
    [
      'certificates of nothing but http',
      { checks: '[{url: "http://a.example"}]', 'min-certificate-days': '7' },
      'applies to none',
    ],
    ['an unknown input', { url, 'expect-code': '200' }, '`expect-code`: is no input'],
    ['an unknown redirect rule', { url, 'follow-redirects': 'yes' }, 'expected one of none, same-host, any'],
  ])('%s', (_, given, problem) => {
    expect(problemsOf(given)).toContain(problem);
  });

  test('all problems are reported together', () => {
    const problems = problemsOf({ checks: '[{url: x, consecutive: 0}, 3]', interval: 'soon' });
    expect(problems).toContain('entry 1 (x): url');
    expect(problems).toContain('entry 1 (x): consecutive is "0"');
    expect(problems).toContain('entry 2');
    expect(problems).toContain('`interval` is "soon"');
  });

  test('no problem shows a credential', () => {
    const problems = [
      problemsOf({ url: 'https://u:hunter22@api.example.org' }),
      problemsOf({ url, headers: 'Authorization = hunter22' }),
      problemsOf({ url, headers: 'X-Key: hunter22\u0007' }),
    ];
    expect(problems.every((problem) => problem !== '')).toBe(true);
    expect(problems.join('\n')).not.toContain('hunter22');
  });
});
