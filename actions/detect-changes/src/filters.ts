import { isMap } from '@hospital-ops/action-kit/is-map';
import type { Status } from '@hospital-ops/git/diff';
import { parsePositioned } from '@hospital-ops/pipeline/document';
import type { Path } from '@hospital-ops/pipeline/problem';
import type { PatternList, Rule } from './patterns.ts';
import { parseRule, parseStatuses, STATUSES } from './patterns.ts';

/** One entry of the input `filters`. */
export interface Filter {
  readonly name: string;
  readonly rules: PatternList;
}

export interface ParsedFilters {
  readonly filters: readonly Filter[];
  /** Each with its line. */
  readonly problems: readonly string[];
}

/** GitHub's rule for what can stand behind `steps.x.outputs.`. */
const NAME = /^[A-Za-z_][\w-]*$/;

type Report = (path: Path, message: string, onKey?: boolean) => void;

/** Lists in lists are flattened, since YAML anchors of lists end up inside others. */
const parseItem = (value: unknown, path: Path, statuses: ReadonlySet<Status> | undefined, report: Report): Rule[] => {
  if (Array.isArray(value)) return value.flatMap((item, index) => parseItem(item, [...path, index], statuses, report));
  if (typeof value === 'string') {
    try {
      return [parseRule(value, statuses)];
    } catch (error) {
      report(path, error instanceof Error ? error.message : String(error));
      return [];
    }
  }
  if (isMap(value) && statuses === undefined) {
    return Object.entries(value).flatMap(([predicate, inner]) => {
      const parsed = parseStatuses(predicate);
      if (!('unknown' in parsed)) return parseItem(inner, [...path, predicate], parsed, report);
      report([...path, predicate], `"${parsed.unknown}" is no status; known are ${STATUSES.join(', ')}`, true);
      return [];
    });
  }
  report(path, `expected a pattern${statuses ? '' : ', or a map of added, modified, deleted to a pattern'}`);
  return [];
};

/** Why a filter may not be called `name`, or undefined. `taken` are names of outputs, in lower case. */
export const nameProblem = (name: string, taken: ReadonlySet<string>): string | undefined => {
  if (!NAME.test(name))
    return `the filter "${name}" cannot be an output: a name is letters, digits, _ and -, and begins with a letter or _`;
  // The runner's output names do not tell upper from lower case.
  return taken.has(name.toLowerCase()) ? `the filter "${name}" is called like an output of this action` : undefined;
};

/** Returns the filters that YAML text describes, in its order, with every problem and its line. */
export const parseFilters = (text: string, taken: ReadonlySet<string>): ParsedFilters => {
  const document = parsePositioned(text);
  const problems = document.problems.map(({ line, message }) => `line ${line}: ${message}`);
  if (problems.length > 0) return { filters: [], problems };
  const report: Report = (path, message, onKey = false) =>
    void problems.push(`line ${document.lineOf({ path, onKey })}: ${message}`);
  if (!isMap(document.value) || Object.keys(document.value).length === 0) {
    report([], 'expected a map of filter names to patterns, or the path of a .yml, .yaml or .json file');
    return { filters: [], problems };
  }
  const seen = new Map<string, string>();
  const filters = Object.entries(document.value).map(([name, value]) => {
    const unfit = nameProblem(name, taken);
    if (unfit !== undefined) report([name], unfit, true);
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined) report([name], `the filters "${twin}" and "${name}" would be one output`, true);
    seen.set(name.toLowerCase(), name);
    return { name, rules: parseItem(value, [name], undefined, report) };
  });
  return { filters, problems };
};
