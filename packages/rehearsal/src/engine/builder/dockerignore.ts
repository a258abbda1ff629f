import picomatch from 'picomatch';

export interface DockerIgnore {
  /** Whether a path relative to the context (`apps/api/src`) is left out. */
  ignores(path: string): boolean;
  /** Whether nothing below an ignored folder can come back, so that it need not be read. */
  skips(folder: string): boolean;
}

/**
 * Returns the rules of a .dockerignore file. They differ from .gitignore's: patterns start at the context's root, the last
 * match wins, and `!` brings back what lies in an ignored folder (docs.docker.com, build context, .dockerignore).
 */
export const parseDockerIgnore = (text: string): DockerIgnore => {
  const rules = text.split(/\r?\n/).flatMap((line) => {
    const trimmed = line.startsWith('#') ? '' : line.trim();
    const excludes = !trimmed.startsWith('!');
    const pattern = (excludes ? trimmed : trimmed.slice(1).trim()).replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
    if (pattern === '' || pattern === '.') return [];
    return [
      { excludes, pattern, matches: picomatch(pattern, { dot: true, nonegate: true, noextglob: true, nobrace: true }) },
    ];
  });
  const ignores = (path: string): boolean => {
    const parts = path.split('/');
    const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    let ignored = false;
    for (const rule of rules)
      if (rule.excludes !== ignored && paths.some((part) => rule.matches(part))) ignored = rule.excludes;
    return ignored;
  };
  const skips = (folder: string): boolean =>
    ignores(folder) && !rules.some((rule) => !rule.excludes && `${rule.pattern}/`.startsWith(`${folder}/`));
  return { ignores, skips };
};
