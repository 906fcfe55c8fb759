import type { Interaction } from '../../core/interaction.js';
export function createWizard(_options: unknown): Interaction {
  throw new Error('not there yet');
}
