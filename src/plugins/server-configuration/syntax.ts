import { ConfigSyntaxError } from '../../system/config-syntax-error.js';

/** A word of a server's configuration, with its place in the text. */
export interface Word {
  /** Without quotes, the server's escapes resolved; variables as they are written. */
  text: string;
  start: number;
  /** Behind the last character, its closing quote included. */
  end: number;
}

export interface Comment {
  kind: 'comment';
  start: number;
  /** Before the end of the line. */
  end: number;
}

/** How deep blocks may stand in each other: more is no configuration, and must not end our stack. */
export const DEEPEST = 200;

/** What cannot be read at this place of the text. */
export function failure(text: string, at: number, reason: string): ConfigSyntaxError {
  return new ConfigSyntaxError(text.slice(0, at).split('\n').length, reason);
}
