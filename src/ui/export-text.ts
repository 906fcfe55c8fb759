import type { Event } from '../core/events.js';
import type { ExportFormat } from '../core/export-target.js';
import { printableLine } from '../system/printable.js';

/** The formats by their own names. */
export const formatNames: Readonly<Record<ExportFormat, string>> = { pkcs12: 'PKCS#12', pem: 'PEM with the key', der: 'DER' };

export function exportedLines({ lineage, format, paths, again }: Extract<Event, { type: 'exported' }>): readonly string[] {
  return [`Exported ${lineage} as ${formatNames[format]} to:`, ...paths.map((path) => `  ${printableLine(path, 1000)}`), ...(again ? ['Every renewal writes it again.'] : [])];
}

export function exportFailedLines({ lineage, path, message, hint }: Extract<Event, { type: 'export-failed' }>): readonly string[] {
  return [
    `The new version of ${lineage} could not be exported to ${printableLine(path, 1000)}: ${printableLine(message, 1000)}`,
    ...(hint === undefined ? [] : [printableLine(hint, 1000)]),
    'The certificate itself is saved and in use; the next run of renew tries the export again.',
  ];
}

export function exportsLines({ exports }: Extract<Event, { type: 'exports' }>): readonly string[] {
  if (exports.length === 0) return ['No exports are stored; `export --keep` stores one.'];
  return exports.flatMap(({ lineage, format, path, password, reloadCommand, current }) => [
    `${lineage}: ${formatNames[format]}, ${current ? 'up to date' : 'not the present version; the next run of renew writes it'}`,
    `  ${printableLine(path, 1000)}`,
    ...(password === undefined ? [] : [`  password from ${printableLine(password)}`]),
    ...(reloadCommand === undefined ? [] : [`  then ${printableLine(reloadCommand)}`]),
  ]);
}
