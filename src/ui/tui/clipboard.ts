/** Puts text into the clipboard of the terminal, also over SSH (OSC 52). Terminals that do not know it ignore it. */
export function clipboardSequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`;
}
