import { nearest } from '@hospital-ops/action-kit/inputs';

export const PLACEHOLDERS = ['project', 'environment', 'service', 'sha', 'version', 'url'] as const;

export type Placeholder = (typeof PLACEHOLDERS)[number];

/** What each placeholder stands for here; one that is missing may not be used here. */
export type Values = Readonly<Partial<Record<Placeholder, string>>>;

/** `{word}`, and `{{word}}` for the text `{word}`. Other braces, such as those of a JSON body, are text. */
const PATTERN = /\{\{([A-Za-z][A-Za-z-]*)\}\}|\{([A-Za-z][A-Za-z-]*)\}/g;

/**
 * Returns `text` with its placeholders filled from `values`, and calls `onProblem` for each that has no value here.
 * What is filled in is never looked at again, so a value cannot bring in placeholders of its own.
 */
export const fillPlaceholders = (text: string, values: Values, onProblem: (message: string) => void): string =>
  text.replace(PATTERN, (whole, literal: string | undefined, name: string | undefined) => {
    if (literal !== undefined) return `{${literal}}`;
    const known = PLACEHOLDERS.find((candidate) => candidate === name);
    const value = known === undefined ? undefined : values[known];
    if (value !== undefined) return value;
    const usable = PLACEHOLDERS.filter((candidate) => values[candidate] !== undefined).map((word) => `{${word}}`);
    const near = known === undefined ? nearest(name ?? '', PLACEHOLDERS) : undefined;
    const reason = known === undefined ? `${whole} is no placeholder` : `${whole} has no value here`;
    onProblem(`${reason}; ${near === undefined ? `known here are ${usable.join(', ')}` : `did you mean {${near}}?`}`);
    return whole;
  });

/** Returns whether `text` has the placeholder `name`, which `{{name}}` is not. */
export const hasPlaceholder = (text: string, name: Placeholder): boolean =>
  [...text.matchAll(PATTERN)].some(([, , found]) => found === name);
