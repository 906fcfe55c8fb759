import type { ChallengeContext, ChallengeTask } from '../contract.js';

/**
 * The variables of the guide for one challenge (S131, S132, C25), beside the environment certwright itself was given. As in
 * certbot, "all" are the names that are challenged now, without `*.`, and addresses stand in the DOMAIN variables too. CERTWRIGHT_RECORD is ours:
 * where the record stands, which is `_acme-challenge` below the name for dns-01 alone.
 */
export function hookEnvironment(task: ChallengeTask, tasks: readonly ChallengeTask[], { environment }: Pick<ChallengeContext, 'environment'>): Record<string, string | undefined> {
  const all = tasks.map(bareName).join(',');
  return {
    ...environment,
    CERTBOT_DOMAIN: bareName(task),
    CERTBOT_IDENTIFIER: bareName(task),
    CERTBOT_VALIDATION: task.validation,
    CERTBOT_TOKEN: task.type === 'http-01' ? task.token : undefined,
    CERTWRIGHT_RECORD: task.recordName,
    CERTBOT_REMAINING_CHALLENGES: String(tasks.length - tasks.indexOf(task) - 1),
    CERTBOT_ALL_DOMAINS: all,
    CERTBOT_ALL_IDENTIFIERS: all,
  };
}

/** The name as hooks know it, without `*.`. */
export function bareName({ identifier }: ChallengeTask): string {
  return identifier.value.replace(/^\*\./, '');
}
