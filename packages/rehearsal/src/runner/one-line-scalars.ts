import { isScalar, parseDocument, visit } from 'yaml';

/**
 * Returns the YAML text with every scalar that holds an expression and spans lines written as one quoted line, line ends
 * after it kept, so that all later lines stay where they are. GitHub's parser package takes such scalars from their source
 * text, indentation and folds included, because editors want positions; GitHub itself takes their value.
 */
export const oneLineScalars = (text: string): string => {
  if (!text.includes('${{')) return text;
  const document = parseDocument(text, { keepSourceTokens: true });
  if (document.errors.length > 0) return text;
  const edits: Array<{ from: number; to: number; line: string }> = [];
  visit(document, {
    Scalar: (_, node) => {
      if (!isScalar(node) || typeof node.value !== 'string' || !node.range || node.anchor !== undefined) return;
      const [from, to] = node.range;
      const source = text.slice(from, to);
      const breaks = source.split('\n').length - 1;
      if (breaks === 0 || !node.value.includes('${{')) return;
      edits.push({ from, to, line: `${JSON.stringify(node.value)}${'\n'.repeat(breaks)}` });
    },
  });
  return edits
    .sort((a, b) => b.from - a.from)
    .reduce((rest, { from, to, line }) => rest.slice(0, from) + line + rest.slice(to), text);
};
