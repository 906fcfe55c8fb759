import type { Key } from './keys.js';

/** A line that is being typed; `cursor` counts characters (code points). */
export interface TextField {
  text: string;
  cursor: number;
}

export function textField(text: string): TextField {
  return { text, cursor: [...text].length };
}

/** The field after a key; the same object when the key means nothing here. `joinLines` stands between the lines of a paste. */
export function edit(field: TextField, key: Key, joinLines: string): TextField {
  const characters = [...field.text];
  const { cursor } = field;
  const insert = (text: string): TextField => {
    const added = [...text];
    return { text: [...characters.slice(0, cursor), ...added, ...characters.slice(cursor)].join(''), cursor: cursor + added.length };
  };
  switch (key.name) {
    case 'char':
      return insert(key.text);
    case 'paste':
      return insert(key.text.trim().replace(/\s*\n\s*/g, joinLines).replace(/[\u0000-\u001f\u007f]/g, ''));
    case 'backspace':
      return cursor === 0 ? field : { text: characters.toSpliced(cursor - 1, 1).join(''), cursor: cursor - 1 };
    case 'delete':
      return { text: characters.toSpliced(cursor, 1).join(''), cursor };
    case 'left':
      return { ...field, cursor: Math.max(0, cursor - 1) };
    case 'right':
      return { ...field, cursor: Math.min(characters.length, cursor + 1) };
    case 'home':
      return { ...field, cursor: 0 };
    case 'end':
      return { ...field, cursor: characters.length };
    case 'ctrl': {
      if (key.letter === 'u') return { text: characters.slice(cursor).join(''), cursor: 0 };
      if (key.letter === 'k') return { text: characters.slice(0, cursor).join(''), cursor };
      if (key.letter === 'w') {
        const before = characters.slice(0, cursor).join('').replace(/[^\s,]*[\s,]*$/u, '');
        return { text: before + characters.slice(cursor).join(''), cursor: [...before].length };
      }
      return field;
    }
    default:
      return field;
  }
}
