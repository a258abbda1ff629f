import { escapeMarkdown } from './summary.ts';
import { hidePasswords } from './untrusted.ts';

/** Shorter values would blank out ordinary words in logs and make the runner drop outputs that contain them. */
const FLOOR = 4;

const MASK = '***';

const base64Forms = (value: string): string[] => {
  const bytes = Buffer.from(value, 'utf8');
  // The text around a secret shifts its base64 form: of the three alignments keep what does not depend on neighbours.
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const start = [0, 2, 3][shift] ?? 0;
    const end = (shift + bytes.length) % 3 === 0 ? encoded.length : encoded.length - 1;
    const stable = encoded.slice(start, end);
    return stable.length >= FLOOR ? [stable, stable.replaceAll('+', '-').replaceAll('/', '_')] : [];
  });
};

const formsOf = (value: string): string[] => [
  value,
  encodeURIComponent(value.toWellFormed()),
  encodeURIComponent(value.toWellFormed()).replaceAll('%20', '+'),
  JSON.stringify(value).slice(1, -1),
  escapeMarkdown(value),
  ...base64Forms(value),
];

/** Where a text was cut (`neutralizeToLine` and others): what stands before may be the beginning of a secret. */
const CUT = '…';

/** Returns how many characters at the end of `text` are the beginning of one of `forms`. */
const begunAtEnd = (text: string, forms: readonly string[]): number => {
  const lengths = forms.map((form) => {
    let length = Math.min(form.length - 1, text.length);
    while (length >= FLOOR && !text.endsWith(form.slice(0, length))) length -= 1;
    return length;
  });
  const longest = Math.max(0, ...lengths);
  return longest >= FLOOR ? longest : 0;
};

/** Masks what is left of secrets that a cut went through. */
const redactCuts = (text: string, forms: readonly string[]): string => {
  const parts = text.split(CUT);
  return parts
    .map((part, index) => {
      const begun = index === parts.length - 1 ? 0 : begunAtEnd(part, forms);
      return begun === 0 ? part : `${part.slice(0, part.length - begun)}${MASK}`;
    })
    .join(CUT);
};

/** The secrets of a run. The runner masks the log only; what leaves by other ways is redacted here. */
export class Secrets {
  readonly #forms = new Set<string>();

  /** Registers a value and each of its lines; returns the texts that were registered (those of 4 characters or more). */
  add(value: string): string[] {
    const lines = value.split(/\r\n|\r|\n/).map((line) => line.trim());
    const parts = [...new Set([...lines, ...(lines.length > 1 ? [] : [value])])].filter((part) => part.length >= FLOOR);
    for (const part of parts) {
      for (const form of formsOf(part)) this.#forms.add(form);
    }
    return parts;
  }

  /**
   * Returns `text` without any registered secret, also in its URL-encoded, JSON, Markdown and base64 forms, and without
   * the beginning of one where the text was cut; and without the passwords of addresses, registered or not.
   */
  redact(text: string): string {
    const longestFirst = [...this.#forms].sort((a, b) => b.length - a.length);
    const whole = longestFirst.reduce((rest, form) => rest.replaceAll(form, MASK), text);
    return hidePasswords(redactCuts(whole, longestFirst));
  }
}

const SECRET_NAME = /pass|secret|token|key|auth|credential|pin$|otp/i;

/** Returns whether what carries this name (a variable, a member, a field of a form) is most likely a secret. */
export const namesSecret = (name: string): boolean => SECRET_NAME.test(name);
