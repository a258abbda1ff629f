import { isMap } from '@hospital-ops/action-kit/is-map';
import { parseEcrImage } from '@hospital-ops/aws/ecr/parse';
import type { ImagePlatform, Images } from '@hospital-ops/aws/ecr/ports';
import { containersOf } from '@hospital-ops/aws/ecs/task-definition';
import type { Examiner, Users } from './findings.ts';
import type { Subject } from './subjects.ts';
import { gather, isFargate, textIn } from './subjects.ts';

/** A platform that tasks ask for; a part that is undefined may be any. */
interface Wanted {
  readonly os: string | undefined;
  readonly architecture: string | undefined;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { X86_64: 'amd64', ARM64: 'arm64' };

/** Without a runtime platform Fargate takes LINUX on X86_64; elsewhere the instances decide (API_RuntimePlatform). */
const wantedBy = (subject: Subject): Wanted => {
  const { runtimePlatform } = subject.body;
  const given = isMap(runtimePlatform) ? runtimePlatform : {};
  const cpu = textIn(given, 'cpuArchitecture') ?? (isFargate(subject) ? 'X86_64' : '');
  const family = textIn(given, 'operatingSystemFamily') ?? (isFargate(subject) ? 'LINUX' : '');
  const os = family.startsWith('WINDOWS') ? 'windows' : family === 'LINUX' ? 'linux' : undefined;
  return { os, architecture: ARCHITECTURES[cpu] };
};

const fits = ({ os, architecture }: ImagePlatform, wanted: Wanted): boolean =>
  (wanted.os === undefined || wanted.os === os) &&
  (wanted.architecture === undefined || wanted.architecture === architecture);

const formatPlatform = ({ os, architecture }: Wanted): string => `${os ?? 'any'}/${architecture ?? 'any'}`;

const checkImage = async (
  reference: string,
  wanted: Wanted,
  users: Users,
  images: Images,
  examiner: Examiner,
): Promise<void> => {
  const address = parseEcrImage(reference);
  // Of other registries nothing is known here: they may ask for credentials that only the tasks have.
  if (address === undefined) return;
  const thing = `image ${reference}`;
  const seen = await examiner.look(thing, () => images.find(address));
  if (seen === undefined) return;
  const { value } = seen;
  if (value.kind === 'no-repository') {
    examiner.fail(
      users,
      `${thing}: there is no repository "${address.repository}" in ${address.host}; correct the name`,
    );
    return;
  }
  if (value.kind === 'no-image') {
    examiner.fail(users, `${thing} does not exist: no task could start; push it first, or correct tag or digest`);
    return;
  }
  if (value.kind === 'unclear') {
    examiner.warn(users, `${thing} was not checked: ECR answered ${value.reason || 'nothing'}`);
    return;
  }
  const { config, platforms = [] } = value;
  let found = platforms;
  if (value.platforms === undefined) {
    if (config === undefined || (wanted.os === undefined && wanted.architecture === undefined)) return;
    const own = await examiner.look(`the platform of ${thing}`, () => images.platformOf(address, config));
    if (own?.value === undefined) return;
    found = [own.value];
  }
  if (!found.some((platform) => fits(platform, wanted))) {
    examiner.fail(
      users,
      `${thing} is for ${found.map(formatPlatform).join(', ') || 'no platform'}, and the tasks run on ${formatPlatform(wanted)}; build it for that platform, or change \`runtimePlatform\``,
    );
  }
};

/** Checks that images of ECR exist and run on the platform that the tasks get. */
export const checkImages = async (subjects: readonly Subject[], images: Images, examiner: Examiner): Promise<void> => {
  const wanted = gather(
    subjects,
    (subject) => containersOf(subject.body).map(({ image }) => ({ image, wanted: wantedBy(subject) })),
    ({ image, wanted: platform }) => `${image} ${formatPlatform(platform)}`,
  );
  await Promise.all(wanted.map(({ thing, users }) => checkImage(thing.image, thing.wanted, users, images, examiner)));
};
