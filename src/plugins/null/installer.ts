import type { Installer, ServerChange } from '../contract.js';

const nothing: ServerChange = { files: [], links: [], commands: [], notes: [], warnings: [] };

/** Changes nothing and says that all is well. */
export const installer: Installer = {
  prepare: () => Promise.resolve(),
  read: () => Promise.resolve(),
  names: () => [],
  tlsHosts: () => [],
  questions: () => [],
  ready: () => undefined,
  deploy: () => nothing,
  enhance: () => nothing,
  detach: () => null,
  moved: () => null,
  test: () => Promise.resolve(null),
  reload: () => Promise.resolve(),
};
