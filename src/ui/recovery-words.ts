import type { RecoveryChoice } from '../core/interaction.js';

/** What a person can do after trouble, in words. */
export const recoveryWords: Readonly<Record<RecoveryChoice, { label: string; hint: string }>> = {
  retry: { label: 'Try again', hint: 'after you have changed what was wrong; what is proved stays so' },
  'without-failed': { label: 'Go on without the names that failed', hint: 'the certificate holds the others' },
  change: { label: 'Change the plan', hint: 'back to the questions, with your answers kept' },
  quit: { label: 'Quit', hint: 'nothing more is done' },
};
