/** Escape sequences: CSI, OSC (ended by BEL or ST), and two-character ones. */
const SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -~]|\u009b[0-?]*[ -/]*[@-~]/g;
/** C0 but newline, DEL, C1, bidirectional overrides and isolates, line and paragraph separators. */
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * Text from outside (CA, hook, DNS, file) made safe for a terminal or a log: escape sequences and control characters
 * are removed, tabs become spaces, line feeds stay.
 */
export function printable(text: string): string {
  return text.replace(SEQUENCES, '').replace(/\t/g, ' ').replace(CONTROLS, '');
}

/** The same on one line, cut to `limit` characters with an ellipsis. */
export function printableLine(text: string, limit = 500): string {
  const line = printable(text).replace(/\n+/g, ' ').trim();
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}
