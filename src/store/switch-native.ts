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

/** Its compiled part as it is; EAGAIN of `tryLock`: another process has the lock. */
interface CompiledPart {
  tryLock(file: number, offset: number, length: number, exclusive: boolean): void;
  swapSync(from: string, to: string): void;
  listAttrsSync(file: number): string[];
  getAttrSync(file: number, name: string): ArrayBuffer | null;
  setAttrSync(file: number, name: string, value: ArrayBufferLike, offset: number, length: number): void;
}

let loaded: NativeFiles | null | undefined;

/**
 * The library, or null where it is not installed or has no build for this machine. Loaded at the first call. Every command locks, and the
 * library's own way to its compiled part leads through a dozen files and takes 10 ms: so that is opened directly where it lies as usual.
 */
export function nativeFiles(): NativeFiles | null {
  if (loaded === undefined) {
    const require = createRequire(import.meta.url);
    loaded = attempt(() => ofPart(require(`fs-native-extensions/prebuilds/${process.platform}-${process.arch}/fs-native-extensions.node`) as CompiledPart)) ?? attempt(() => require('fs-native-extensions') as NativeFiles);
  }
  return loaded;
}

function attempt<T>(load: () => T): T | null {
  try {
    return load();
  } catch {
    return null;
  }
}

/** Null when it is not as it was when this was written. */
function ofPart(part: CompiledPart): NativeFiles | null {
  if ([part.tryLock, part.swapSync, part.listAttrsSync, part.getAttrSync, part.setAttrSync].some((each) => typeof each !== 'function')) return null;
  return {
    tryLock(file) {
      try {
        part.tryLock(file, 0, 0, true);
        return true;
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') return false;
        throw error;
      }
    },
    swapSync: (from, to) => part.swapSync(from, to),
    listAttrsSync: (file) => part.listAttrsSync(file),
    getAttrSync(file, name) {
      const value = part.getAttrSync(file, name);
      return value === null ? null : Buffer.from(value);
    },
    setAttrSync: (file, name, value) => part.setAttrSync(file, name, value.buffer, value.byteOffset, value.byteLength),
  };
}
