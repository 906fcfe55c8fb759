import { checkpointReports } from '../checkpoint-report.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/** `config_changes` (S14, T01): what was changed in server configuration, newest first; `--num` shows the newest only. Touches nothing. */
export function configChanges({ values }: Settings, { dirs, interaction }: World): void {
  interaction.report({ type: 'checkpoints', checkpoints: checkpointReports(dirs).slice(0, values.num) });
}
