import type { Installer, ServerChange } from './contract.js';

/** Nothing changes on this machine. */
export const noChange: ServerChange = { files: [], links: [], commands: [], notes: [], warnings: [] };

/** What every installer answers that has no configuration of a server on this machine to read or change. */
export const noConfiguration: Omit<Installer, 'prepare' | 'publish' | 'reload'> = {
  read: () => Promise.resolve(),
  names: () => [],
  tlsHosts: () => [],
  questions: () => [],
  ready: () => undefined,
  deploy: () => noChange,
  enhance: () => null,
  detach: () => null,
  moved: () => null,
  test: () => Promise.resolve(null),
};
