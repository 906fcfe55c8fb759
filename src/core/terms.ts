import type { AcmeClient } from '../acme/client.js';
import { termsQuestion } from './decide/account-choice.js';
import { AcmeProblem } from './errors.js';
import { isSet, type Settings } from './settings.js';
import type { World } from './world.js';

/**
 * Does the work; when the CA wants its new terms agreed to first (RFC 8555 section 7.3.3), asks (or takes --agree-tos, given with
 * this run: what was agreed to earlier were other terms), tells the CA, and does the work once more. Throws MissingFlag without
 * anybody to ask, Refused for a no, and the CA's AcmeProblem when agreeing this way is not enough for it.
 */
export async function withNewTerms<T>(client: AcmeClient, settings: Settings, world: World, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AcmeProblem) || error.kind !== 'userActionRequired') throw error;
    const url = error.problem.instance ?? error.url;
    if (!(settings.values.tos && isSet(settings, 'tos'))) {
      const answer = await world.interaction.ask({ ...termsQuestion(url, false), title: 'The certificate authority has changed its terms. Do you agree to the new ones?' }, { canGoBack: false, trail: [] });
      if (answer !== 'yes') termsQuestion(url, true);
    }
    await client.agreeToTerms();
    return work();
  }
}
