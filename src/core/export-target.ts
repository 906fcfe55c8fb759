/** How another program wants its certificate. */
export type ExportFormat = 'pkcs12' | 'pem' | 'der';

/** Where and how a lineage is exported again after each renewal (N21). */
export interface ExportTarget {
  /** Absolute. */
  path: string;
  format: ExportFormat;
  /** pkcs12: where the password is read each time (`file:PATH` …), never the password. */
  password?: string;
  /** pkcs12: the name inside the file; the lineage's when absent. */
  friendlyName?: string;
  /** pkcs12: for old readers. */
  legacy: boolean;
  /** Run by the shell after each export. */
  reloadCommand?: string;
}

/** A stored target, and the version of the lineage that stands there; 0 = none yet. */
export interface StoredExport extends ExportTarget {
  version: number;
}

/** Endings of names that are made up. */
export const exportEndings: Readonly<Record<ExportFormat, string>> = { pkcs12: 'p12', pem: 'pem', der: 'der' };

/** The key of a DER export stands beside its certificate: `/srv/a.der` and `/srv/a.key.der`. */
export function derKeyPath(path: string): string {
  return path.replace(/(\.[^./]+)?$/, (ending) => `.key${ending}`);
}
