import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** linux/capability.h. */
const CAP_SYS_RESOURCE = 24n;

const mayGive = (): boolean => {
  const bounding = /^CapBnd:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${bounding}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
};

/** Takes the capability out of what `runc create` and `runc exec` are told to give. */
const SCRIPT = `#!/bin/sh
for word in "$@"; do
  case "$before" in
    --bundle) file="$word/config.json" ;;
    --process) file="$word" ;;
    *) file= ;;
  esac
  [ -z "$file" ] || sed -i 's/"CAP_SYS_RESOURCE",\\?//g; s/,]/]/g' "$file"
  before="$word"
done
exec runc "$@"
`;

/**
 * Returns options of `dockerd` with which containers can be privileged where this machine itself lacks a capability that
 * they would be given, as sandboxes do: without them the Engine starts none. None where nothing is lacking.
 */
export const lackingRuntime = (folder: string): Readonly<Record<string, string>> => {
  if (mayGive()) return {};
  const file = join(folder, 'lacking-runc');
  writeFileSync(file, SCRIPT);
  chmodSync(file, 0o755);
  return { 'add-runtime': `lacking=${file}`, 'default-runtime': 'lacking' };
};
