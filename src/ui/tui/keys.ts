/** One key, or one whole paste. */
export type Key =
  | { name: 'char'; text: string }
  | { name: 'paste'; text: string }
  | { name: 'up' | 'down' | 'left' | 'right' | 'home' | 'end' | 'page-up' | 'page-down' | 'delete' | 'backspace' | 'enter' | 'escape' | 'tab' | 'back-tab' }
  | { name: 'ctrl'; letter: string };

const SEQUENCES: Readonly<Record<string, Exclude<Key['name'], 'char' | 'paste' | 'ctrl'>>> = {
  '[A': 'up', '[B': 'down', '[C': 'right', '[D': 'left', OA: 'up', OB: 'down', OC: 'right', OD: 'left',
  '[H': 'home', '[F': 'end', OH: 'home', OF: 'end', '[1~': 'home', '[4~': 'end', '[7~': 'home', '[8~': 'end',
  '[3~': 'delete', '[5~': 'page-up', '[6~': 'page-down', '[Z': 'back-tab',
};
const SEQUENCE = /^\u001b(?:\[[0-?]*[ -/]*[@-~]|O[A-Za-z])/;
/** The beginning of a sequence whose rest has not arrived. */
const PARTIAL = /^\u001b(?:\[[0-?]*[ -/]*|O)?$/;
const PASTE_START = '\u001b[200~';
const PASTE_END = '\u001b[201~';

/** What a terminal sent, as keys; `rest` is the beginning of something unfinished, to be put before the next chunk. */
export function readKeys(input: string): { keys: readonly Key[]; rest: string } {
  const keys: Key[] = [];
  let left = input;
  while (left !== '') {
    if (left.startsWith(PASTE_START)) {
      const end = left.indexOf(PASTE_END);
      if (end < 0) return { keys, rest: left };
      keys.push({ name: 'paste', text: left.slice(PASTE_START.length, end).replace(/\r\n?/g, '\n') });
      left = left.slice(end + PASTE_END.length);
      continue;
    }
    if (left.startsWith('\u001b')) {
      const sequence = SEQUENCE.exec(left)?.[0];
      if (sequence !== undefined) {
        const name = SEQUENCES[sequence.slice(1)];
        if (name !== undefined) keys.push({ name });
        left = left.slice(sequence.length);
        continue;
      }
      if (PARTIAL.test(left)) return { keys, rest: left };
      keys.push({ name: 'escape' });
      left = left.slice(1);
      continue;
    }
    const [character = ''] = left;
    left = left.slice(character.length);
    const key = single(character);
    if (key) keys.push(key);
  }
  return { keys, rest: '' };
}

/** What is left when nothing follows: a lone Escape. */
export function lateKeys(rest: string): readonly Key[] {
  return rest.startsWith('\u001b') && !rest.startsWith(PASTE_START) ? [{ name: 'escape' }] : [];
}

function single(character: string): Key | null {
  switch (character) {
    case '\r':
    case '\n':
      return { name: 'enter' };
    case '\t':
      return { name: 'tab' };
    case '\u007f':
    case '\b':
      return { name: 'backspace' };
    case '\u0001':
      return { name: 'home' };
    case '\u0005':
      return { name: 'end' };
    default: {
      const code = character.codePointAt(0) ?? 0;
      if (code < 32) return { name: 'ctrl', letter: String.fromCodePoint(code + 96) };
      return code < 160 && code > 126 ? null : { name: 'char', text: character };
    }
  }
}
