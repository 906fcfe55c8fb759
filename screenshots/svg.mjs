// Draws what a terminal shows as SVG: text stays text, colours are those of the cells.
const PALETTE = ['#1e2127', '#e06c75', '#98c379', '#d19a66', '#61afef', '#c678dd', '#56b6c2', '#abb2bf', '#5c6370', '#e06c75', '#98c379', '#d19a66', '#61afef', '#c678dd', '#56b6c2', '#ffffff'];
const CELL = { width: 8.4, height: 18 };
const FOREGROUND = '#d7dae0';
const BACKGROUND = '#1e2127';

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function colour(cell, which) {
  const isDefault = which === 'fg' ? cell.isFgDefault() : cell.isBgDefault();
  if (isDefault) return null;
  const value = which === 'fg' ? cell.getFgColor() : cell.getBgColor();
  if (which === 'fg' ? cell.isFgRGB() : cell.isBgRGB()) return `#${value.toString(16).padStart(6, '0')}`;
  if (value < 16) return PALETTE[value];
  if (value >= 232) return `#${(8 + (value - 232) * 10).toString(16).padStart(2, '0').repeat(3)}`;
  const level = (n) => (n === 0 ? 0 : 55 + n * 40);
  const index = value - 16;
  return `#${[Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6].map((n) => level(n).toString(16).padStart(2, '0')).join('')}`;
}

/** Runs of cells that look the same. */
function runs(line, columns) {
  const all = [];
  for (let x = 0; x < columns; x += 1) {
    const cell = line?.getCell(x);
    if (!cell || cell.getWidth() === 0) continue;
    let [front, back] = [colour(cell, 'fg') ?? FOREGROUND, colour(cell, 'bg')];
    if (cell.isInverse()) [front, back] = [back ?? BACKGROUND, front];
    const style = { front, back, bold: Boolean(cell.isBold()), dim: Boolean(cell.isDim()), underline: Boolean(cell.isUnderline()) };
    const key = JSON.stringify(style);
    const last = all.at(-1);
    const text = cell.getChars() || ' ';
    if (last && last.key === key && last.end === x) {
      last.text += text;
      last.end += cell.getWidth();
    } else all.push({ key, x, end: x + cell.getWidth(), text, ...style });
  }
  return all;
}

/** The visible screen of an xterm terminal; empty rows at the end are left out. */
export function svg(terminal, title) {
  const { active } = terminal.buffer;
  const rows = Array.from({ length: terminal.rows }, (_, y) => active.getLine(active.baseY + y));
  while (rows.length > 1 && (rows.at(-1)?.translateToString(true) ?? '').trim() === '') rows.pop();
  const width = terminal.cols * CELL.width + 32;
  const height = rows.length * CELL.height + 32;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">`,
    `<title>${escape(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" xml:space="preserve">`,
  ];
  rows.forEach((line, y) => {
    for (const run of runs(line, terminal.cols)) {
      const left = 16 + run.x * CELL.width;
      const top = 16 + y * CELL.height;
      if (run.back) parts.push(`<rect x="${left}" y="${top}" width="${(run.end - run.x) * CELL.width}" height="${CELL.height}" fill="${run.back}"/>`);
      if (run.text.trim() === '') continue;
      const style = [run.bold ? ' font-weight="bold"' : '', run.dim ? ' opacity="0.6"' : '', run.underline ? ' text-decoration="underline"' : ''].join('');
      parts.push(`<text x="${left}" y="${top + 13.5}" fill="${run.front}"${style} textLength="${(run.end - run.x) * CELL.width}" lengthAdjust="spacingAndGlyphs">${escape(run.text)}</text>`);
    }
  });
  return `${[...parts, '</g>', '</svg>'].join('\n')}\n`;
}
