import * as nodeModule from 'node:module';
import type { ParseWorkflowResult } from '@actions/workflow-parser';
import { oneLineScalars } from './one-line-scalars.ts';

type WorkflowParser = typeof import('@actions/workflow-parser');
type ActionParser = typeof import('@actions/workflow-parser/actions/action-parser');
type IfCondition = typeof import('@actions/workflow-parser/model/converter/if-condition');

export interface OfficialParser {
  parseWorkflow(file: string, content: string): Promise<ParseWorkflowResult>;
  parseAction(file: string, content: string): ParseWorkflowResult;
  /** Returns the condition, with `success() &&` before it when it calls no status function. */
  ensureStatusFunction(condition: string, allowed: readonly string[]): string;
}

/**
 * The package imports JSON without the attribute that Node asks for; a hook supplies it for that package alone. Loaders
 * that refuse hooks (test runners with modules of their own) read JSON without the attribute.
 */
const supplyJsonAttribute = () => {
  try {
    return nodeModule.registerHooks({
      load: (url, context, next) =>
        /\/@actions\/workflow-parser\/.*\.json$/.test(url)
          ? next(url, { ...context, importAttributes: { type: 'json' } })
          : next(url, context),
    });
  } catch {
    return undefined;
  }
};

const load = async (): Promise<OfficialParser> => {
  const hooks = supplyJsonAttribute();
  try {
    const workflows: WorkflowParser = await import('@actions/workflow-parser');
    const actions: ActionParser = await import('@actions/workflow-parser/actions/action-parser');
    const conditions: IfCondition = await import('@actions/workflow-parser/model/converter/if-condition');
    const trace = new workflows.NoOperationTraceWriter();
    return {
      parseWorkflow: async (file, content) => {
        const result = workflows.parseWorkflow({ name: file, content: oneLineScalars(content) }, trace);
        // The conversion checks what the schema cannot: needs, ids, conditions, schedules.
        if (result.value !== undefined && result.context.errors.getErrors().length === 0) {
          await workflows.convertWorkflowTemplate(result.context, result.value);
        }
        return result;
      },
      parseAction: (file, content) => actions.parseAction({ name: file, content: oneLineScalars(content) }, trace),
      ensureStatusFunction: (condition, allowed) =>
        conditions.ensureStatusFunction(condition, { allowedContext: [...allowed] } as unknown as Parameters<
          typeof conditions.ensureStatusFunction
        >[1]),
    };
  } finally {
    hooks?.deregister();
  }
};

let loaded: Promise<OfficialParser> | undefined;

/** Returns GitHub's own parser of workflow and action files, loaded once. */
export const officialParser = (): Promise<OfficialParser> => {
  loaded ??= load();
  return loaded;
};
