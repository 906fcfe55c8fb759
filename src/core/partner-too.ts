import type { Question } from './decide/question.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/**
 * Shall the other half of a pair go the same way (U23)? --dual and --no-dual say it; else a person is asked, and with nobody there
 * only what was named is touched, and the partner is told.
 */
export async function withPartners(what: 'delete' | 'revoke', partners: readonly string[], { values }: Settings, { interaction }: World): Promise<boolean> {
  if (values.dual !== undefined) return values.dual;
  const yes = (await interaction.ask(question(what, partners), { canGoBack: false, trail: [] })) === 'yes';
  if (!yes) interaction.report({ type: 'result', text: partners.map((name) => `Its partner ${name}, with a key of the other type, stays as it is. certwright ${what} --cert-name ${name} would ${what} it too.`).join('\n') });
  return yes;
}

function question(what: 'delete' | 'revoke', partners: readonly string[]): Question {
  const names = partners.join(', ');
  return {
    kind: 'choice',
    id: 'partner',
    label: 'Partner',
    title: `${names} ${partners.length === 1 ? 'is' : 'are'} for the same names with a key of the other type. ${what === 'delete' ? 'Delete' : 'Revoke'} ${partners.length === 1 ? 'it' : 'them'} too?`,
    why: 'The two were obtained as a pair and are renewed as one, but each has its own key and files: one can go and the other stay in use.',
    flags: ['--dual', '--no-dual'],
    unattended: 'no',
    choices: [
      { value: 'yes', label: 'Both', flag: '--dual' },
      { value: 'no', label: 'Only the one that was named', hint: `${names} stays in use`, flag: '--no-dual' },
    ],
    recommended: 'yes',
    even: true,
  };
}
