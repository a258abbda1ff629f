/** What a release does one after another, as chats are told. */
const STAGES = ['migrating', 'deploying', 'smoke-testing'] as const;
type Stage = (typeof STAGES)[number];

/** Returns each stage that a release has with its place among them, `deploying (2/3)`; a single one stands alone. Pure. */
export const stagesOf = (has: Readonly<Record<Stage, boolean>>): Readonly<Partial<Record<Stage, string>>> => {
  const stages = STAGES.filter((stage) => has[stage]);
  const words = (stage: Stage, index: number) =>
    stages.length === 1 ? stage : `${stage} (${index + 1}/${stages.length})`;
  return Object.fromEntries(stages.map((stage, index) => [stage, words(stage, index)]));
};
