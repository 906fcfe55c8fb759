import { namesSecret } from '../system/secret.js';

/**
 * How a printed command gives a secret: as it was said when that only names a place, else by an environment variable that the person
 * fills. The value itself must stand on no screen, in no log and in no file.
 */
export function secretWords(flag: string, value: string): readonly string[] {
  return [flag, namesSecret(value) ? value : `env:${flag.replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`];
}
