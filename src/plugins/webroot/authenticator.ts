import { closeSync, constants, existsSync, fchmodSync, fchownSync, mkdirSync, openSync, renameSync, rmSync, rmdirSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PermissionMissing, PluginError } from '../../core/errors.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';

const WELL_KNOWN = ['.well-known', 'acme-challenge'] as const;
/** RFC 8555 section 8.1: base64url only; anything else could name a file elsewhere. */
const TOKEN = /^[A-Za-z0-9_-]+$/;

/** Folders this process made, by path; they are removed again when they are empty. */
const made = new Set<string>();

/** Writes the key authorization below each name's web root (F59) and takes it away again. */
export const webrootAuthenticator: Authenticator = {
  challengeTypes: (_identifier, wildcard) => (wildcard ? [] : ['http-01']),
  prepare(context) {
    for (const [name, folder] of Object.entries(context.webrootMap)) {
      if (!existsSync(folder) || !statSync(folder).isDirectory()) {
        throw new PluginError('webroot', `${folder} does not exist or is not a directory`, { hint: `It is the web folder given for ${name}. Use the folder that your web server calls root or DocumentRoot.` });
      }
    }
    return Promise.resolve();
  },
  present(tasks, context) {
    for (const task of tasks) place(task, rootOf(task, context));
    return Promise.resolve();
  },
  cleanUp(tasks, context) {
    const folders = new Set<string>();
    for (const task of tasks) {
      const root = context.webrootMap[task.identifier.value];
      if (root === undefined || !TOKEN.test(task.token)) continue;
      const path = join(root, ...WELL_KNOWN, task.token);
      folders.add(dirname(path));
      try {
        unlinkSync(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') context.log('warning', `${path} could not be removed: ${(error as Error).message}`);
      }
    }
    for (const folder of folders) {
      for (const path of [folder, dirname(folder)]) removeIfOurs(path);
    }
    return Promise.resolve();
  },
};

function rootOf(task: ChallengeTask, { webrootMap }: ChallengeContext): string {
  const root = webrootMap[task.identifier.value];
  if (root === undefined) {
    throw new PluginError('webroot', `Missing parts of webroot configuration; please set either --webroot-path and --domains, or --webroot-map. No web folder is known for ${task.identifier.shown}.`);
  }
  return root;
}

function place(task: ChallengeTask, root: string): void {
  if (!TOKEN.test(task.token)) throw new PluginError('webroot', 'The CA sent a token that is not base64url; nothing was written.');
  let folder = root;
  try {
    const { uid, gid } = statSync(root);
    for (const part of WELL_KNOWN) {
      folder = join(folder, part);
      if (existsSync(folder)) continue;
      makeFolder(folder, uid, gid);
    }
    writeToken(join(folder, task.token), join(folder, `.${task.token}.new`), task.validation);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      throw new PermissionMissing(folder, 'write', { hint: `The file that proves ${task.identifier.shown} goes there. Run it as root (sudo), or as the owner of ${root}.`, cause: error });
    }
    throw new PluginError('webroot', `Couldn't create root for ${task.identifier.shown} http-01 challenge responses: ${message}`, { cause: error });
  }
}

/** Through a descriptor: whoever owns the web root could put a link there meanwhile, to be given what it points to. */
function makeFolder(folder: string, uid: number, gid: number): void {
  mkdirSync(folder);
  made.add(folder);
  const directory = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    // A web server with another user must get through, whatever the umask.
    fchmodSync(directory, 0o755);
    fchownSync(directory, uid, gid);
  } catch (error) {
    // Not root: the folder is ours, and readable.
    if ((error as NodeJS.ErrnoException).syscall !== 'fchown') throw error;
  } finally {
    closeSync(directory);
  }
}

function writeToken(path: string, temporary: string, content: string): void {
  // A run that was killed may have left it; the same token comes again when its order is taken up.
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', 0o644);
  try {
    fchmodSync(file, 0o644);
    writeSync(file, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

function removeIfOurs(path: string): void {
  if (!made.has(path)) return;
  try {
    rmdirSync(path);
    made.delete(path);
  } catch {
    // Not empty, or gone: somebody else uses it.
  }
}
