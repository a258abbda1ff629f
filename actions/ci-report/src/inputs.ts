import type { InputReader, RawInputs, ReadWorkspaceFile } from '@hospital-ops/action-kit/inputs';
import { parseInputs } from '@hospital-ops/action-kit/inputs';
import { isMap } from '@hospital-ops/action-kit/is-map';
import type { Need } from './verdict.ts';

export interface ReportInputs {
  readonly needs: readonly Need[];
  readonly title: string;
  readonly facts: ReadonlyArray<{ readonly name: string; readonly value: string }>;
  readonly comment: boolean;
  readonly token: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const readNeeds = (reader: InputReader): Need[] => {
  const value = reader.structured('needs');
  if (value === undefined) reader.required('needs');
  else if (isMap(value) && Object.keys(value).length > 0 && Object.values(value).every(isMap)) {
    return Object.entries(value as Readonly<Record<string, Fields>>).map(([job, { result, outputs }]) => ({
      job,
      result: typeof result === 'string' ? result : '',
      outputs: isMap(outputs) ? Object.entries(outputs).map(([name, text]) => [name, String(text)] as const) : [],
    }));
  } else reader.problem('needs', 'expected `${{ toJSON(needs) }}` of a job that needs others');
  return [];
};

/** Reads all inputs. */
export const parseReportInputs = (raw: RawInputs, readFile: ReadWorkspaceFile): ReportInputs =>
  parseInputs(raw, readFile, (reader) => ({
    needs: readNeeds(reader),
    title: reader.required('title'),
    facts: reader
      .pairs('facts')
      .map(([name, value]) => ({ name, value: value.trim() }))
      .filter(({ value }) => value !== ''),
    comment: reader.bool('comment'),
    token: reader.secret('token'),
  }));
