/** .NET's Uri.EscapeDataString: RFC 3986, so five characters more than JavaScript's. */
const uriForm = (value: string): string =>
  encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The forms that the runner's secret masker knows (actions/runner, HostContext.cs), those for PowerShell left out. */
const formsOf = (value: string): string[] => {
  const bytes = Buffer.from(value, 'utf8');
  return [
    value,
    // Base64 depends on the alignment: the runner masks the value without its first none, one and two bytes.
    ...[0, 1, 2].filter((shift) => bytes.length > shift).map((shift) => bytes.subarray(shift).toString('base64')),
    JSON.stringify(value).slice(1, -1),
    uriForm(value),
    value.replaceAll("'", "''"),
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    value.replace(/^"(.*)"$/s, '$1'),
  ];
};

/** The secrets of one job, hidden in its log, annotations, summaries and outputs. */
export class Masker {
  readonly #forms = new Set<string>();

  /** Hides `value`, and each of its lines when it has several. Returns false for white space alone, which is not hidden. */
  add(value: string): boolean {
    if (value.trim() === '') return false;
    for (const part of [value, ...value.split(/[\r\n]+/).map((line) => line.trim())]) {
      if (part === '') continue;
      for (const form of formsOf(part)) if (form !== '') this.#forms.add(form);
    }
    return true;
  }

  /** Returns `text` with `***` for every registered secret; those that overlap or touch become one. */
  mask(text: string): string {
    const spans: Array<readonly [start: number, end: number]> = [];
    for (const form of this.#forms) {
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) spans.push([at, at + form.length]);
    }
    spans.sort((a, b) => a[0] - b[0]);
    let result = '';
    let done = -1;
    for (const [start, end] of spans) {
      if (start > done) result += `${text.slice(Math.max(done, 0), start)}***`;
      done = Math.max(done, end);
    }
    return result + text.slice(Math.max(done, 0));
  }

  /** Returns whether `text` holds a registered secret, in any form. */
  holdsSecret(text: string): boolean {
    return this.mask(text) !== text;
  }
}
