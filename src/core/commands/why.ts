import { listLineages, readLineage, type Lineage } from '../../store/lineage.js';
import { readAdvice, type RenewalAdvice } from '../../store/renewal-advice.js';
import { readRenewalNotes } from '../../store/renewal-notes.js';
import { renewalSettings } from '../decide/renewal-settings.js';
import { whyReport } from '../decide/why.js';
import { MissingFlag, Refused } from '../errors.js';
import { renewalFacts } from '../facts.js';
import { hooksOf, type HookKind } from '../hooks.js';
import { partnerLineage } from '../partner-lineage.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/**
 * `why NAME` (N24): when and why a certificate will be renewed or not, each option with where it comes from, what would run, and the
 * commands that would change it. Asks no CA and changes nothing. Throws StoreError for a lineage that cannot be read.
 */
export async function why(settings: Settings, world: World): Promise<void> {
  const lineage = readLineage(world.dirs, await lineageMeant(settings, world));
  const { name, renewal, identifiers } = lineage;
  const now = world.clock.now();
  const effective = renewalSettings(settings, name, renewal.params);
  const hooks = (kind: HookKind): readonly string[] => hooksOf(effective, kind).map(({ command }) => command);
  const advice = adviceOf(lineage, world);
  const partner = partnerLineage(lineage, settings, world.dirs);
  const report = whyReport({
    now,
    lineage: { name, names: identifiers.map(({ shown }) => shown), renewal: renewalFacts(lineage, now), askAgain: renewal.ariRetryAfter ?? null },
    revoked: revokedFromHere(lineage, world),
    advice,
    partner: partner && { name: partner.name, renewal: renewalFacts(partner, now), revoked: revokedFromHere(partner, world), advised: adviceOf(partner, world)?.moment ?? null },
    settings: effective,
    authenticators: world.plugins.filter(({ authenticator }) => authenticator).map((plugin) => plugin.name),
    hooks: { pre: hooks('pre'), deploy: hooks('deploy'), post: hooks('post') },
    schedule: await world.schedule({ user: settings.values.userDirs }),
  });
  world.interaction.report({ type: 'why', ...report });
}

/** What is remembered for its present certificate. */
function adviceOf({ name, serial }: Lineage, { dirs }: World): RenewalAdvice | null {
  const advice = readAdvice(dirs)[name];
  return advice?.serial === serial ? advice : null;
}

function revokedFromHere({ name, serial }: Lineage, { dirs }: World): boolean {
  return readRenewalNotes(dirs)[name]?.revoked === serial;
}

/** The name that is given, the only one there is, or the one a person chooses. */
async function lineageMeant({ operands, values }: Settings, { dirs, interaction }: World): Promise<string> {
  const given = operands[0] ?? values.certname;
  if (given !== undefined) return given;
  const { lineages, broken } = listLineages(dirs);
  const [first] = lineages;
  if (!first) throw new Refused(broken.length === 0 ? 'No certificates found.' : 'No certificate here can be read.', { hint: 'certwright certificates lists what there is.' });
  if (lineages.length === 1) return first.name;
  if (values.noninteractiveMode) throw new MissingFlag('Which certificate?', ['why NAME']);
  const answer = await interaction.ask(
    {
      kind: 'choice',
      id: 'certificate',
      label: 'Certificate',
      title: 'About which certificate do you want to know?',
      why: 'You are told when and why it will be renewed or not, and what would change that. Nothing is changed.',
      flags: ['why NAME'],
      missing: 'Which certificate?',
      choices: lineages.map(choice),
      recommended: first.name,
      even: true,
    },
    { canGoBack: false, trail: [] },
  );
  return String(answer);
}

function choice({ name, identifiers }: Lineage): { value: string; label: string; hint: string } {
  return { value: name, label: name, hint: identifiers.map(({ shown }) => shown).join(', ') };
}
