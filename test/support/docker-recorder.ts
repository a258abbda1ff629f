import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A `docker` that passes on to the real one what it is called with, and writes it down. */
export interface DockerRecorder {
  /** Goes first in PATH. */
  readonly bin: string;
  /** One line per call. */
  calls(): string[];
}

/** Puts such a command into a folder below `folder`. Without buildx it answers as a docker command that has none. */
export const recordDocker = (folder: string, { buildx = true }: { readonly buildx?: boolean } = {}): DockerRecorder => {
  const bin = join(folder, buildx ? 'recorder' : 'recorder-without-buildx');
  const file = join(bin, 'calls');
  mkdirSync(bin);
  writeFileSync(file, '');
  const refusal = `if [ "$1" = buildx ]; then echo "docker: 'buildx' is not a docker command." >&2; exit 1; fi\n`;
  const script = `#!/bin/sh
echo "$*" >>'${file}'
${buildx ? '' : refusal}PATH="\${PATH#*:}" exec docker "$@"
`;
  writeFileSync(join(bin, 'docker'), script);
  chmodSync(join(bin, 'docker'), 0o755);
  return { bin, calls: () => readFileSync(file, 'utf8').split('\n').filter(Boolean) };
};
