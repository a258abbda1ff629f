import { nearest } from '@hospital-ops/action-kit/inputs';

/** Go's names of what containers run on (containerd/platforms, database.go). */
const SYSTEMS = ['linux', 'windows', 'freebsd'];
const ARCHITECTURES = ['amd64', 'arm64', 'arm', '386', 'ppc64le', 's390x', 'riscv64', 'mips64le', 'mips64', 'loong64'];
const SPELLINGS: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
};

/** Returns what is wrong with a platform, or undefined when it is one. */
export const problemOfPlatform = (platform: string): string | undefined => {
  const [system = '', architecture = '', variant, ...rest] = platform.split('/');
  const isForm = architecture !== '' && rest.length === 0 && (variant === undefined || /^v\d+$/.test(variant));
  if (isForm && SYSTEMS.includes(system) && ARCHITECTURES.includes(architecture)) return undefined;
  const meant = SPELLINGS[architecture || system] ?? nearest(architecture || system, ARCHITECTURES);
  const hint = meant === undefined ? '' : `; did you mean linux/${meant}?`;
  return `is no platform: expected os/architecture, such as linux/amd64 or linux/arm64${hint}`;
};
