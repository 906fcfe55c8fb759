import { readFileSync } from 'node:fs';
import { StoreError } from '../core/errors.js';
import { addSection, configText, configTree, parseConfig, removeSection, removeValue, setValue, type ConfigValue } from '../system/configobj.js';
import { understood } from './renewal-file.js';
import { writeRenewalFile } from './save-files.js';

/** One table of ours: names and values, all text. */
export type OwnTable = Readonly<Record<string, ConfigValue>>;

/** What we note in a renewal file beyond what certbot knows. */
export interface OwnSection {
  /** Values that stand right below `[certwright]`. */
  values: OwnTable;
  /** `[[NAME]]` tables below it. */
  tables: Readonly<Record<string, OwnTable>>;
}

/** What becomes of values and tables; those not named stay as they are, null takes one away. */
export interface OwnChanges {
  values?: Readonly<Record<string, ConfigValue | null>>;
  tables?: Readonly<Record<string, OwnTable | null>>;
}

/** certbot keeps top-level sections that it does not know, and reads nothing in them (F31). */
const SECTION = 'certwright';

/**
 * The section `[certwright]` of a renewal file; empty when there is none, and then the file is not even parsed: `renew` looks into
 * all of them. Throws StoreError for a file that cannot be read.
 */
export function readOwnSection(path: string): OwnSection {
  const text = textOf(path);
  if (!text.includes(SECTION)) return { values: {}, tables: {} };
  const { values = {}, sections = {} } = understood(path, () => configTree(parseConfig(text))).sections[SECTION] ?? {};
  return { values: { ...values }, tables: Object.fromEntries(Object.entries(sections).map(([name, table]) => [name, { ...table.values }])) };
}

/**
 * Changes values and tables of `[certwright]` in a renewal file and nothing else in it; a section that is left empty goes. The file
 * is replaced at once, or not touched when it says the same. Throws StoreError, PermissionMissing.
 */
export function changeOwnSection(path: string, { values = {}, tables = {} }: OwnChanges): void {
  const text = understood(path, () => {
    let document = parseConfig(textOf(path));
    for (const [key, value] of Object.entries(values)) document = value === null ? removeValue(document, [SECTION], key) : setValue(document, [SECTION], key, value);
    for (const [name, table] of Object.entries(tables)) {
      const at = [SECTION, name];
      if (table === null) {
        document = removeSection(document, at);
        continue;
      }
      document = addSection(document, at);
      const before = configTree(document).sections[SECTION]?.sections[name]?.values ?? {};
      for (const key of Object.keys(before)) if (!(key in table)) document = removeValue(document, at, key);
      for (const [key, value] of Object.entries(table)) document = setValue(document, at, key, value);
    }
    const left = configTree(document).sections[SECTION];
    const empty = left !== undefined && Object.keys(left.values).length + Object.keys(left.sections).length === 0;
    return configText(empty ? removeSection(document, [SECTION]) : document);
  });
  writeRenewalFile(path, text);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new StoreError(`The renewal file ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
