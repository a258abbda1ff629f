import { batches } from '@hospital-ops/aws/batches';
import { awsErrorKind } from '@hospital-ops/aws/errors';
import type { SecretStore } from '@hospital-ops/aws/secrets-manager/ports';
import type { Parameters } from '@hospital-ops/aws/ssm/ports';
import type { Examiner } from './findings.ts';
import type { SecretReference } from './secret-reference.ts';
import { parseSecretReference, valuesFrom } from './secret-reference.ts';
import type { Shared, Subject } from './subjects.ts';
import { gather } from './subjects.ts';

type Of<K extends SecretReference['kind']> = Shared<SecretReference & { readonly kind: K }>;

const ofKind = <K extends SecretReference['kind']>(
  references: ReadonlyArray<Shared<SecretReference>>,
  kind: K,
): Array<Of<K>> => references.filter((reference): reference is Of<K> => reference.thing.kind === kind);

const NO_START = 'no task could start';

/** How many names GetParameters takes at once (API_GetParameters). */
const TOGETHER = 10;

const checkParameters = async (
  group: ReadonlyArray<Of<'parameter'>>,
  region: string | undefined,
  parameters: Parameters,
  examiner: Examiner,
): Promise<void> => {
  const names = group.map(({ thing }) => thing.name);
  let isDenied = false;
  const seen = await examiner.look(`parameter ${names.join(', ')}`, async () => {
    try {
      return await parameters.missing(region, names);
    } catch (error) {
      // One name that may not be read has all of them refused.
      isDenied = group.length > 1 && awsErrorKind(error) === 'denied';
      if (isDenied) return [];
      throw error;
    }
  });
  if (isDenied) {
    await Promise.all(group.map((one) => checkParameters([one], region, parameters, examiner)));
    return;
  }
  for (const { thing, users } of group) {
    if (seen?.value.includes(thing.name) !== true) continue;
    examiner.fail(users, `parameter ${thing.name} does not exist: ${NO_START}; correct the name or create it`);
  }
};

/** The versions that a task would ask for; of all three parts the ARN alone is always there. */
const checkSecret = async (
  { thing, users }: Of<'secret'>,
  keys: (secret: Of<'secret'>['thing']) => ReturnType<SecretStore['keys']>,
  store: SecretStore,
  examiner: Examiner,
): Promise<void> => {
  const { arn, key, stage, versionId } = thing;
  const what = `secret ${arn}`;
  if (key !== undefined) {
    const seen = await examiner.look(`JSON key "${key}" of ${what}`, () => keys(thing));
    if (seen?.value.kind === 'missing') {
      const version = [stage, versionId].filter(Boolean).join(' ');
      const of = version === '' ? '' : `version ${version} of `;
      examiner.fail(users, `${of}${what} cannot be read: ${seen.value.reason}, so ${NO_START}; correct the ARN`);
    } else if (seen?.value.kind === 'no-json') {
      examiner.fail(users, `${what} holds no JSON object, so it has no key "${key}": ${NO_START}; take the key away`);
    } else if (seen !== undefined && seen.value.kind === 'keys' && !seen.value.keys.includes(key)) {
      examiner.fail(users, `${what} has no JSON key "${key}": ${NO_START}; correct the key or add it to the secret`);
    }
    if (seen !== undefined) return;
  }
  const seen = await examiner.look(what, () => store.describe(arn));
  if (seen === undefined) return;
  const { value } = seen;
  if (value === undefined) examiner.fail(users, `${what} does not exist: ${NO_START}; correct the ARN or create it`);
  else if (value.isDeleted) examiner.fail(users, `${what} is being deleted: ${NO_START}; restore it or name another`);
  else if (versionId !== undefined && !value.versions.has(versionId)) {
    examiner.fail(users, `${what} has no version ${versionId}: ${NO_START}; correct the version id`);
  } else if (stage !== undefined && ![...value.versions.values()].flat().includes(stage)) {
    examiner.fail(users, `${what} has no version at stage ${stage}: ${NO_START}; correct the stage`);
  }
};

/** Checks that secrets and parameters exist, with versions and JSON keys. No value is kept or shown. */
export const checkSecrets = async (
  subjects: readonly Subject[],
  { parameters, secretStore }: { readonly parameters: Parameters; readonly secretStore: SecretStore },
  examiner: Examiner,
): Promise<void> => {
  const valueFroms = gather(
    subjects,
    ({ body }) => valuesFrom(body),
    (valueFrom) => valueFrom,
  );
  const references = valueFroms.map(({ thing, users }) => ({ thing: parseSecretReference(thing), users }));
  for (const { thing, users } of ofKind(references, 'unknown')) {
    examiner.fail(users, `${thing.valueFrom} is neither a secret of Secrets Manager nor an SSM parameter; correct it`);
  }
  const asked = new Map<string, ReturnType<SecretStore['keys']>>();
  const keys = ({ arn, stage, versionId }: Of<'secret'>['thing']) => {
    const id = JSON.stringify([arn, stage, versionId]);
    const answer = asked.get(id) ?? secretStore.keys({ arn, stage, versionId });
    asked.set(id, answer);
    return answer;
  };
  const regions = Map.groupBy(ofKind(references, 'parameter'), ({ thing }) => thing.region);
  await Promise.all([
    ...[...regions].flatMap(([region, all]) =>
      batches(all, TOGETHER).map((group) => checkParameters(group, region, parameters, examiner)),
    ),
    ...ofKind(references, 'secret').map((secret) => checkSecret(secret, keys, secretStore, examiner)),
  ]);
};
