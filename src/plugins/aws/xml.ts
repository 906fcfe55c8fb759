/** An element of an answer of AWS; attributes are not kept, nothing there is said by them. */
export interface XmlElement {
  name: string;
  /** The text right inside it. */
  text: string;
  children: readonly XmlElement[];
}

interface Growing extends XmlElement {
  children: Growing[];
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
/** Elements inside each other: more is no answer of AWS. */
const DEPTH = 50;
/** A declaration or comment, a CDATA section, a tag, text. */
const PIECE = /<\?[^>]*\?>|<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;

/** The root element of an XML 1.0 document; undefined when it is not well formed, or has a document type, which answers never have. */
export function parseXml(document: string): XmlElement | undefined {
  const top: Growing = { name: '', text: '', children: [] };
  const open: Growing[] = [top];
  PIECE.lastIndex = 0;
  for (let at = 0; at < document.length; at = PIECE.lastIndex) {
    const found = PIECE.exec(document);
    if (!found) return undefined;
    const [, cdata, close, name, , empty, text] = found;
    const inner = open.at(-1);
    if (!inner) return undefined;
    if (cdata !== undefined) inner.text += cdata;
    else if (text !== undefined) {
      const plain = unescaped(text);
      if (plain === undefined) return undefined;
      inner.text += plain;
    } else if (name !== undefined && close === '/') {
      if (open.length === 1 || inner.name !== name || open.pop() === undefined) return undefined;
    } else if (name !== undefined) {
      const element: Growing = { name, text: '', children: [] };
      inner.children.push(element);
      if (empty !== '/') open.push(element);
      if (open.length > DEPTH) return undefined;
    }
  }
  const [root] = top.children;
  return open.length === 1 && top.children.length === 1 && top.text.trim() === '' ? root : undefined;
}

/** All elements at this path below the element. */
export function elementsAt(element: XmlElement | undefined, ...path: readonly string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>((found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)), element ? [element] : []);
}

/** The text of the first element at this path; '' when there is none. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string {
  return elementsAt(element, ...path)[0]?.text.trim() ?? '';
}

/** A text as it stands in an element. */
export function xmlText(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function unescaped(text: string): string | undefined {
  let known = true;
  const plain = text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+))?;?/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    const char = name === undefined ? (code <= 0x10_ff_ff ? String.fromCodePoint(code) : undefined) : ENTITIES[name];
    if (char !== undefined && whole.endsWith(';')) return char;
    known = false;
    return '';
  });
  return known ? plain : undefined;
}

/** What AWS says is wrong: `AccessDenied: User … is not authorized`; undefined when the document says nothing of the kind. */
export function awsProblem(document: string): string | undefined {
  const root = parseXml(document);
  // S3's errors stand alone, those of the others in an answer.
  const error = root?.name === 'Error' ? root : elementsAt(root, 'Error')[0];
  const said = [textAt(error, 'Code'), textAt(error, 'Message'), ...elementsAt(root, 'Messages', 'Message').map(({ text }) => text)];
  return said.filter((part) => part !== '').join(': ') || undefined;
}
