import { readLineage, type Lineage } from '../store/lineage.js';
import type { Directories } from '../store/paths.js';
import { StoreError } from './errors.js';
import type { Settings } from './settings.js';

/** The other half of the pair that a lineage belongs to (U23). Null without one, with --no-dual, and when it is gone or cannot be read. */
export function partnerLineage({ renewal }: Lineage, { values }: Settings, dirs: Directories): Lineage | null {
  if (values.dual === false || renewal.partner === undefined) return null;
  try {
    return readLineage(dirs, renewal.partner);
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}
