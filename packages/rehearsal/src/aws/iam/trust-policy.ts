/** The claims of a web identity that its trust policy may ask for, by condition key. */
export type Identity = Readonly<Record<string, string>>;

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly Principal?: { readonly Federated?: string | readonly string[] };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

const list = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

/** `*` and `?` as in IAM's StringLike. */
const like = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  );

const OPERATORS: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  StringEquals: (value, wanted) => value === wanted,
  StringEqualsIgnoreCase: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  StringLike: (value, wanted) => like(wanted).test(value),
};

/** A negated operator holds where none of the values fits. An operator that is not known here never holds. */
const holds = (operator: string, value: string | undefined, wanted: readonly string[]): boolean => {
  const name = operator.replace(/^ForAnyValue:/, '').replace(/IfExists$/, '');
  if (value === undefined) return operator.endsWith('IfExists') || name.startsWith('StringNot');
  const positive = OPERATORS[name.replace('StringNot', 'String')];
  if (positive === undefined) return false;
  const any = wanted.some((one) => positive(value, one));
  return name.startsWith('StringNot') ? !any : any;
};

const conditionHolds = (statement: Statement, identity: Identity): boolean =>
  Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => {
      const found = Object.entries(identity).find(([name]) => name.toLowerCase() === key.toLowerCase());
      return holds(operator, found?.[1], list(wanted));
    }),
  );

const ACTION = 'sts:AssumeRoleWithWebIdentity';

const speaksOf = (statement: Statement, provider: string): boolean =>
  list(statement.Action).some((action) => like(action.toLowerCase()).test(ACTION.toLowerCase())) &&
  list(statement.Principal?.Federated).includes(provider);

/** Returns whether a trust policy lets an identity of `provider` (the ARN of an OIDC provider) assume its role. */
export const trusts = (document: string, provider: string, identity: Identity): boolean => {
  const { Statement: statements } = JSON.parse(document) as { Statement?: Statement | readonly Statement[] };
  const fitting = list(statements).filter((one) => speaksOf(one, provider) && conditionHolds(one, identity));
  return fitting.some(({ Effect }) => Effect === 'Allow') && !fitting.some(({ Effect }) => Effect === 'Deny');
};
