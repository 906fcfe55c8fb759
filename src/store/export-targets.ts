import type { ExportFormat, StoredExport } from '../core/export-target.js';
import type { OwnTable } from './own-section.js';
import { changeOwnSection, readOwnSection } from './own-section.js';
import { renewalPath, type Directories } from './paths.js';

/** Tables `[[export-1]]`, `[[export-2]]` … of our own section. */
const TABLE = /^export-(\d+)$/;
const FORMATS: readonly ExportFormat[] = ['pkcs12', 'pem', 'der'];

/** The exports that a lineage's renewals repeat, in the order they were stored. Throws StoreError for an unreadable renewal file. */
export function storedExports(dirs: Directories, name: string): readonly StoredExport[] {
  return tables(dirs, name).map(({ target }) => target);
}

/** Stores a target, in place of one of the same path. Throws StoreError, PermissionMissing. */
export function storeExport(dirs: Directories, name: string, target: StoredExport): void {
  const known = tables(dirs, name);
  const table = known.find(({ target: { path } }) => path === target.path)?.table ?? `export-${1 + Math.max(0, ...known.map(({ table: each }) => Number(TABLE.exec(each)?.[1])))}`;
  const { path, format, password, friendlyName, legacy, reloadCommand, version } = target;
  changeOwnSection(renewalPath(dirs, name), {
    tables: {
      [table]: {
        path,
        format,
        ...(password === undefined ? {} : { password }),
        ...(friendlyName === undefined ? {} : { friendly_name: friendlyName }),
        ...(legacy ? { legacy: 'True' } : {}),
        ...(reloadCommand === undefined ? {} : { reload_command: reloadCommand }),
        version: String(version),
      },
    },
  });
}

/** Takes a target away; the exported file stays. Throws StoreError, PermissionMissing. */
export function forgetExport(dirs: Directories, name: string, path: string): void {
  const gone = tables(dirs, name).filter(({ target }) => target.path === path);
  changeOwnSection(renewalPath(dirs, name), { tables: Object.fromEntries(gone.map(({ table }) => [table, null])) });
}

/** What somebody wrote there by hand and cannot be understood is left alone. */
function tables(dirs: Directories, name: string): readonly { table: string; target: StoredExport }[] {
  return Object.entries(readOwnSection(renewalPath(dirs, name)).tables).flatMap(([table, values]) => {
    const target = TABLE.test(table) ? understood(values) : null;
    return target ? [{ table, target }] : [];
  });
}

function understood(values: OwnTable): StoredExport | null {
  const text = (key: string): string | undefined => (typeof values[key] === 'string' ? values[key] : undefined);
  const [path, password, friendlyName, reloadCommand] = [text('path'), text('password'), text('friendly_name'), text('reload_command')];
  const format = FORMATS.find((each) => each === text('format'));
  if (path === undefined || !path.startsWith('/') || format === undefined) return null;
  return {
    path,
    format,
    legacy: text('legacy')?.toLowerCase() === 'true',
    version: Number(text('version') ?? 0) || 0,
    ...(password === undefined ? {} : { password }),
    ...(friendlyName === undefined ? {} : { friendlyName }),
    ...(reloadCommand === undefined ? {} : { reloadCommand }),
  };
}
