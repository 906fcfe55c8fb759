import type { ChallengeTask } from '../plugins/contract.js';
import type { WebrootMap } from './settings.js';

/** What the embedded sandbox does for a rehearsal: it stands in for the person's DNS and web server. */
export interface SandboxHelp {
  /** Where its DNS answers, `ADDRESS:PORT`. */
  nameservers: readonly string[];
  /** Serves these web folders on the port where the sandbox CA looks. */
  serveFolders(folders: WebrootMap): Promise<void>;
  /** Places records and files as a person would, one after the other, some seconds from now. */
  placeByHand(tasks: readonly ChallengeTask[]): void;
}
