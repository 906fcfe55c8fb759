import { spawn, type IPty } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { binary } from '../e2e/certwright.js';

export const ESC = '\u001b';
export const keys = { up: `${ESC}[A`, down: `${ESC}[B`, right: `${ESC}[C`, left: `${ESC}[D`, enter: '\r', escape: ESC, ctrlC: '\u0003', backspace: '\u007f', space: ' ', tab: '\t' };

/** The built program in a terminal of this size: typed keys in, the screen as it is out. */
export interface Screen {
  /** The visible rows. */
  text(): string;
  /** Visible rows and what was scrolled out at the top. */
  all(): string;
  /** Raw bytes so far. */
  raw(): string;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  /** Waits until the visible screen contains this. Fails with the screen. */
  see(what: string | RegExp, timeout?: number): Promise<string>;
  /** Waits until it does not any more. */
  gone(what: string | RegExp, timeout?: number): Promise<void>;
  /** Exit code, when the program has ended. */
  exited: Promise<number>;
  kill(): void;
  terminal: InstanceType<typeof xterm.Terminal>;
}

export function open(args: readonly string[], { columns = 80, rows = 24, env = {}, node = process.execPath }: { columns?: number; rows?: number; env?: Record<string, string | undefined>; node?: string } = {}): Screen {
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 5000, allowProposedApi: true });
  const merged = { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', NO_COLOR: undefined, CI: undefined, ...env };
  const child: IPty = spawn(node, [binary, ...args], {
    cols: columns,
    rows,
    env: Object.fromEntries(Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  });
  let raw = '';
  child.onData((data) => {
    raw += data;
    terminal.write(data);
  });
  // The screen takes in what was written some time later; this comes after it.
  const exited = new Promise<number>((resolve) => child.onExit(({ exitCode }) => terminal.write('', () => resolve(exitCode))));
  const lines = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, index) => terminal.buffer.active.getLine(from + index)?.translateToString(true) ?? '').join('\n');
  const screen: Screen = {
    text: () => lines(terminal.buffer.active.baseY, terminal.buffer.active.baseY + terminal.rows),
    all: () => lines(0, terminal.buffer.active.baseY + terminal.rows),
    raw: () => raw,
    type: (text) => child.write(text),
    resize(width, height) {
      terminal.resize(width, height);
      child.resize(width, height);
    },
    async see(what, timeout = 30_000) {
      await until(() => matches(screen.text(), what), timeout, () => `did not see ${String(what)} on\n${screen.text()}`);
      return screen.text();
    },
    gone: (what, timeout = 30_000) => until(() => !matches(screen.text(), what), timeout, () => `still see ${String(what)} on\n${screen.text()}`),
    exited,
    kill: () => child.kill('SIGKILL'),
    terminal,
  };
  return screen;
}

function matches(text: string, what: string | RegExp): boolean {
  return typeof what === 'string' ? text.includes(what) : what.test(text);
}

async function until(check: () => boolean, timeout: number, message: () => string): Promise<void> {
  const end = Date.now() + timeout;
  while (!check()) {
    if (Date.now() > end) throw new Error(message());
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
