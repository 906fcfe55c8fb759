/** A path as it stands in a configuration: its bytes, a character each. */
export function pathText(path: string): string {
  return Buffer.from(path).toString('latin1');
}

/** The path that stands in a configuration so. */
export function pathOf(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}
