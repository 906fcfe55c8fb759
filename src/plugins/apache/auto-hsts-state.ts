/** `autohsts` of .pluginstorage.json: by the id of a host, how far it is. `timestamp` in seconds. */
export type AutoHsts = Readonly<Record<string, { laststep: number; timestamp: number }>>;

/** Where the state is, in the configuration directory (F58). */
export const STORAGE = '.pluginstorage.json';

/** .pluginstorage.json with the state of Apache's hosts; what else is in it stays. `text` null = there is none. Throws SyntaxError. */
export function storageWith(text: string | null, change: (state: AutoHsts) => AutoHsts): string {
  const storage = (text === null ? {} : JSON.parse(text)) as Record<string, Record<string, unknown> | undefined>;
  const apache = storage['apache'] ?? {};
  return JSON.stringify({ ...storage, apache: { ...apache, autohsts: change((apache['autohsts'] ?? {}) as AutoHsts) } });
}

/** The state of Apache's hosts in .pluginstorage.json. `text` null = there is none. Throws SyntaxError. */
export function stateIn(text: string | null): AutoHsts {
  let state: AutoHsts = {};
  storageWith(text, (present) => (state = present));
  return state;
}
