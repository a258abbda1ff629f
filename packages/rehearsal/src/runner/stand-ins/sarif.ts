/** One finding of a scan. */
export interface Finding {
  readonly rule: string;
  readonly message: string;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** Returns a SARIF 2.1.0 log of one tool. */
export const sarifOf = (tool: string, findings: readonly Finding[]): string =>
  JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: tool, rules: [...new Set(findings.map(({ rule }) => rule))].map((id) => ({ id })) } },
          results: findings.map(({ rule, message, file, line }) => ({
            ruleId: rule,
            level: 'error',
            message: { text: message },
            locations: [
              { physicalLocation: { artifactLocation: { uri: file }, region: { startLine: Math.max(1, line) } } },
            ],
          })),
        },
      ],
    },
    null,
    2,
  );

/** Returns why a text is no SARIF that code scanning takes, undefined when it is. */
export const sarifProblem = (text: string): string | undefined => {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return `Invalid SARIF. JSON syntax error: ${error instanceof Error ? error.message : error}`;
  }
  const { version, runs } = (content ?? {}) as { version?: unknown; runs?: unknown };
  if (version !== '2.1.0') return `Invalid SARIF. Version ${JSON.stringify(version)} is not 2.1.0.`;
  return Array.isArray(runs) ? undefined : 'Invalid SARIF. It has no runs.';
};
