import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** PEM files that hosts name. */
export interface CertificateFiles {
  cert: string;
  key: string;
}

export interface ServerPorts {
  http: number;
  https: number;
}

/**
 * Lays out a web server's configuration below a root: files (path → latin1 text) and links (path → target).
 * In the texts `{R}` stands for the root, `{H}` and `{S}` for the ports, `{C}` and `{K}` for a certificate and its key.
 */
export function layOut(root: string, { files, links = {} }: { files: Readonly<Record<string, string>>; links?: Readonly<Record<string, string>> }, { http, https }: ServerPorts, { cert, key }: CertificateFiles): void {
  const at = (path: string): string => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    return join(root, path);
  };
  const fill = (text: string): string => text.replaceAll('{R}', root).replaceAll('{H}', String(http)).replaceAll('{S}', String(https)).replaceAll('{C}', cert).replaceAll('{K}', key);
  for (const [path, text] of Object.entries(files)) writeFileSync(at(path), fill(text), 'latin1');
  for (const [path, target] of Object.entries(links)) symlinkSync(target, at(path));
}
