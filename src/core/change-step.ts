import type { ServerChange } from '../plugins/contract.js';
import { withoutPrivateKeys } from '../system/private-key-text.js';

/** One checkpoint's worth of change, with certbot's title for it (two for `install --redirect`). */
export interface ChangeStep {
  title: string;
  change: ServerChange;
}

/** Steps that build on each other as one change: the first text of each file before, the last one after. */
export function merged(steps: readonly ChangeStep[]): ServerChange {
  const changes = steps.map(({ change }) => change);
  const files = new Map<string, ServerChange['files'][number]>();
  for (const change of changes) for (const file of change.files) files.set(file.path, { ...file, before: files.has(file.path) ? (files.get(file.path)?.before ?? null) : file.before });
  const of = <Key extends 'links' | 'commands' | 'notes' | 'warnings'>(key: Key): ServerChange[Key] => changes.flatMap((change) => change[key] as readonly unknown[]) as unknown as ServerChange[Key];
  return { files: [...files.values()], removes: changes.flatMap(({ removes }) => removes ?? []), links: of('links'), commands: of('commands'), notes: of('notes'), warnings: of('warnings') };
}

/** The same steps as they may be shown, logged and compared: without the private keys that some servers want beside the certificate. */
export function shownSteps(steps: readonly ChangeStep[]): readonly ChangeStep[] {
  return steps.map(({ title, change }) => ({
    title,
    change: {
      ...change,
      files: change.files.map((file) => ({ ...file, before: file.before && withoutPrivateKeys(file.before), after: withoutPrivateKeys(file.after) })),
      ...(change.removes ? { removes: change.removes.map((file) => ({ ...file, before: withoutPrivateKeys(file.before) })) } : {}),
    },
  }));
}
