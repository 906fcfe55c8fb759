import { createRequire } from 'node:module';

/** What we use of fs-native-extensions, an optional dependency with a compiled part. */
export interface NativeFiles {
  /** Takes an exclusive record lock (OFD) on the whole file, without waiting; false when another process has one. */
  tryLock(file: number): boolean;
  /** Exchanges two paths in one step (renameat2 with RENAME_EXCHANGE). */
  swapSync(from: string, to: string): void;
  listAttrsSync(file: number): string[];
  getAttrSync(file: number, name: string): Buffer | null;
  setAttrSync(file: number, name: string, value: Buffer): void;
}

let loaded: NativeFiles | null | undefined;

/** The library, or null where it is not installed or has no build for this machine. Loaded at the first call. */
export function nativeFiles(): NativeFiles | null {
  if (loaded === undefined) {
    try {
      loaded = createRequire(import.meta.url)('fs-native-extensions') as NativeFiles;
    } catch {
      loaded = null;
    }
  }
  return loaded;
}
