import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { batches } from '../batches.ts';
import type { ClientContext } from '../client-options.ts';
import { clientOptions } from '../client-options.ts';
import { toAwsError } from '../errors.ts';
import { perRegion } from '../per-region.ts';
import type { Parameters } from './ports.ts';

/** "Maximum number of 10 items" (API_GetParameters). */
const NAMES_PER_CALL = 10;

/** Returns the Parameter Store calls of the suite over the AWS SDK; they are looks that can be done without. */
export const createParameters = (context: ClientContext): Parameters => {
  const clientIn = perRegion((region) => new SSMClient({ ...clientOptions(context, 'brief'), ...region }));
  const ask = async (region: string | undefined, names: string[]): Promise<string[]> => {
    try {
      const { InvalidParameters = [] } = await clientIn(region).send(new GetParametersCommand({ Names: names }));
      return InvalidParameters;
    } catch (error) {
      throw toAwsError('ssm:GetParameters', `parameters ${names.join(', ')}`, error);
    }
  };
  return {
    missing: async (region, names) =>
      (await Promise.all(batches(names, NAMES_PER_CALL).map((batch) => ask(region, batch)))).flat(),
  };
};
