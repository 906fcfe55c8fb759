import type { Installer } from '../contract.js';
import { noChange, noConfiguration } from '../no-configuration.js';

/** Changes nothing and says that all is well. */
export const installer: Installer = {
  ...noConfiguration,
  prepare: () => Promise.resolve(),
  enhance: () => noChange,
  reload: () => Promise.resolve(),
};
