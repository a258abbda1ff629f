const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

/** Returns a policy that IAM answers percent-encoded (API_GetRole), or undefined when it cannot be read. */
export const parseTrust = (document: string | undefined): unknown => {
  try {
    return document === undefined ? undefined : JSON.parse(decodeURIComponent(document));
  } catch {
    return undefined;
  }
};

const ASSUME = new Set(['*', 'sts:*', 'sts:assumerole']);

/**
 * Returns whether a trust policy lets `service` assume the role. True also where nothing certain can be said: a policy
 * that could not be read, negations (NotPrincipal, NotAction). Conditions and denials are not weighed.
 */
export const trusts = (trust: unknown, service: string): boolean => {
  if (trust === undefined) return true;
  const patterns = new Set(['*', service]);
  return listOf(member(trust, 'Statement')).some((statement) => {
    if (member(statement, 'Effect') !== 'Allow') return false;
    if (member(statement, 'NotPrincipal') !== undefined || member(statement, 'NotAction') !== undefined) return true;
    const principal = member(statement, 'Principal');
    const services = principal === '*' ? ['*'] : listOf(member(principal, 'Service'));
    return (
      services.some((each) => patterns.has(String(each))) &&
      listOf(member(statement, 'Action')).some((action) => ASSUME.has(String(action).toLowerCase()))
    );
  });
};
