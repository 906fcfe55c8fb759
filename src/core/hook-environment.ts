/** Characters a list of names may have in the environment of a hook: certbot's limits for post hooks of `renew`, and for all others (C24). */
export const LONGEST_LIST = { renew: 16_000, other: 32_000 } as const;

/** Variables that certwright sets for hooks. */
const OURS = new Set([
  'RENEWED_DOMAINS', 'RENEWED_DOMAINS_TRUNCATED', 'RENEWED_LINEAGE', 'FAILED_DOMAINS', 'FAILED_DOMAINS_TRUNCATED',
  'CERTBOT_DOMAIN', 'CERTBOT_IDENTIFIER', 'CERTBOT_VALIDATION', 'CERTBOT_TOKEN', 'CERTBOT_REMAINING_CHALLENGES', 'CERTBOT_ALL_DOMAINS', 'CERTBOT_ALL_IDENTIFIERS', 'CERTBOT_AUTH_OUTPUT',
  'CERTWRIGHT_RECORD', 'CERTWRIGHT_REASON', 'CERTWRIGHT_DRY_RUN', 'CERTWRIGHT_SUMMARY',
]);

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What every hook starts from: the environment certwright was given, without what only one kind of hook may see.
 *
 * certbot sets these variables in its own process, so that a post hook happens to see the RENEWED_LINEAGE of the last
 * certificate and the CERTBOT_TOKEN of the last challenge (T07). Here each hook gets exactly the variables that the guide gives to
 * its kind, whatever ran before it or started certwright: a hook that works once works every time. The clean-up of a challenge
 * has its CERTBOT_* all the same, for the guide says so (S132).
 */
export function cleanEnvironment(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OURS.has(name)));
}

/**
 * `NAME` with the values separated by spaces, at most `limit` characters and cut between two names, not within one; then
 * `NAME_TRUNCATED=1` stands beside it (T04: certbot cuts anywhere, and puts one list in the place of the other).
 */
export function nameList(name: 'RENEWED_DOMAINS' | 'FAILED_DOMAINS', values: readonly string[], limit: number): Record<string, string> {
  const whole = values.join(' ');
  if (whole.length <= limit) return { [name]: whole };
  const end = whole[limit] === ' ' ? limit : whole.lastIndexOf(' ', limit);
  return { [name]: whole.slice(0, Math.max(0, end)), [`${name}_TRUNCATED`]: '1' };
}

/** Both lists, for post hooks (C24). */
export function postEnvironment(renewed: readonly string[], failed: readonly string[], limit: number): Record<string, string> {
  return { ...nameList('RENEWED_DOMAINS', renewed, limit), ...nameList('FAILED_DOMAINS', failed, limit) };
}

/** For deploy hooks: one certificate and where its files are (S86). */
export function deployEnvironment({ names, liveFolder }: { names: readonly string[]; liveFolder: string }): Record<string, string> {
  return { ...nameList('RENEWED_DOMAINS', names, LONGEST_LIST.other), RENEWED_LINEAGE: liveFolder };
}
