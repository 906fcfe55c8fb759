import { closeSync, openSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PermissionMissing } from './errors.js';

export interface CsrFiles {
  certPath: string;
  chainPath: string;
  fullchainPath: string;
}

/**
 * With --csr there is no lineage: the certificate, the chain and both together are written where the person said, else as
 * `0000_cert.pem`, `0000_chain.pem` and `0001_chain.pem` in this directory, numbers that are free (certbot's names).
 * Throws PermissionMissing.
 */
export function saveCsrFiles(issued: { cert: string; chain: string; fullchain: string }, wished: Partial<CsrFiles>): CsrFiles {
  return {
    certPath: place(wished.certPath, 'cert.pem', issued.cert),
    chainPath: place(wished.chainPath, 'chain.pem', issued.chain),
    fullchainPath: place(wished.fullchainPath, 'chain.pem', issued.fullchain),
  };
}

function place(wished: string | undefined, fallback: string, text: string): string {
  if (wished !== undefined) return write(resolve(wished), text, 'w');
  for (let number = 0; ; number += 1) {
    const path = resolve(`${String(number).padStart(4, '0')}_${fallback}`);
    try {
      return write(path, text, 'wx');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function write(path: string, text: string, flag: 'w' | 'wx'): string {
  let file: number;
  try {
    file = openSync(path, flag, 0o644);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw cause;
    throw new PermissionMissing(path, 'write', { hint: 'Choose another place with --cert-path, --chain-path and --fullchain-path.', cause });
  }
  writeFileSync(file, text);
  closeSync(file);
  return path;
}
