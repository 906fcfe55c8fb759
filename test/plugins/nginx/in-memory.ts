import type { ConfigurationFiles } from '../../../src/plugins/nginx/tree.js';

/** A file system of these files, by absolute path; a pattern stands for whatever begins as it does. */
export const inMemory = (files: Readonly<Record<string, string>>): ConfigurationFiles => ({
  read(path) {
    const text = files[path];
    if (text === undefined) throw new Error(`no such file: ${path}`);
    return text;
  },
  real: (path) => path,
  glob: (pattern) => Object.keys(files).filter((path) => path.startsWith(pattern.slice(0, pattern.search(/[*?[]/)))),
});
