import { createRequire } from 'node:module';
import { codeOf } from '../system/atomic-file.js';

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
let locking: ((file: number) => boolean) | null | undefined;

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

/** Its compiled part alone, as far as `tryLock` needs it; EAGAIN: another process has the lock. */
interface CompiledPart {
  tryLock(file: number, offset: number, length: number, exclusive: boolean): void;
}

/**
 * The library's `tryLock`; null as for `nativeFiles`. Every command locks, and most need nothing else of the library, whose own
 * way to its compiled part leads through a dozen files and takes 10 ms: so it is opened directly where it lies as usual.
 */
export function nativeLock(): ((file: number) => boolean) | null {
  if (locking === undefined) locking = compiledLock() ?? nativeFiles()?.tryLock ?? null;
  return locking;
}

function compiledLock(): ((file: number) => boolean) | null {
  try {
    const require = createRequire(import.meta.url);
    const part = require(`fs-native-extensions/prebuilds/${process.platform}-${process.arch}/fs-native-extensions.node`) as CompiledPart;
    if (typeof part.tryLock !== 'function') return null;
    return (file) => {
      try {
        part.tryLock(file, 0, 0, true);
        return true;
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') return false;
        throw error;
      }
    };
  } catch {
    return null;
  }
}
