import { PassThrough } from 'node:stream';
import { render, type Instance } from 'ink';
import type { AnswerValue, Question } from '../../core/decide/question.js';
import { shellQuote } from '../../core/decide/command-line.js';
import { Cancelled } from '../../core/errors.js';
import type { Event } from '../../core/events.js';
import type { Answered, Interaction, Instructions, RecoveryChoice, ReviewChoice, Surroundings } from '../../core/interaction.js';
import { back } from '../../core/interaction.js';
import { printableLine } from '../../system/printable.js';
import { nextSteps, savedDetails, savedLines } from '../done-text.js';
import { linePrinter } from '../lines.js';
import { eventText } from '../event-text.js';
import { isSeen } from '../instructions-text.js';
import { clipboardSequence } from './clipboard.js';
import { Frame, frameRows } from './Frame.js';
import { glyphsFor } from './glyphs.js';
import { listenToKeys } from './keyboard.js';
import type { Key } from './keys.js';
import { blank, wrapped, type Row } from './rows.js';
import type { Hint, Screen, View } from './screen.js';
import { byHandScreen, byHandState, type ByHandState } from './screens/by-hand.js';
import { checklistScreen, checklistState } from './screens/checklist.js';
import { choicePinned, choiceScreen, choiceState } from './screens/choice.js';
import { fieldsScreen, fieldsState } from './screens/fields.js';
import { foldersScreen, foldersState } from './screens/folders.js';
import { namesScreen, namesState } from './screens/names.js';
import { reviewPinned, reviewScreen, reviewState } from './screens/review.js';
import { runningEvent, runningHints, runningRows, runningState } from './screens/running.js';
import { textScreen, textState } from './screens/text.js';
import { troubleScreen, troubleState } from './screens/trouble.js';

export interface WizardOptions {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  surroundings: Surroundings;
  program: string;
  motion: boolean;
  colour: boolean;
  ascii: boolean;
  verbose: number;
  /** Tells core that a person pressed Ctrl-C. */
  cancel: () => void;
}

/** A screen that waits for its person, with its types tied together out of sight. */
interface Open {
  press(key: Key): void;
  rows(view: View): readonly Row[];
  hints(): readonly Hint[];
  cancel(): void;
  /** Shown by `?`; empty = nothing to explain. */
  why: string;
  /** Is `?` a key here, or a character that is typed? */
  typing(): boolean;
  trail: readonly Answered[];
  pinned(view: View): number;
}

/** Milliseconds between two pictures while something moves, and between two looks at what a person places. */
const FRAME = 120;
const LOOK = 2000;

/** The screens of the terminal. Nothing is drawn before there is something to ask or to watch. */
export function createWizard(options: WizardOptions): Interaction {
  const { stdin, stdout, surroundings, program } = options;
  const glyphs = glyphsFor({ asciiOnly: options.ascii, motion: options.motion });
  const print = linePrinter({ stdout, stderr: options.stderr }, { quiet: false, verbose: options.verbose, program });
  let ink: Instance | null = null;
  let stopKeys: (() => void) | null = null;
  let timer: NodeJS.Timeout | null = null;
  let open: Open | null = null;
  let explaining = false;
  let running = runningState(Date.now());
  let trail: readonly Answered[] = [];
  let tick = 0;
  let closed = false;
  /** What was changed in this run was put back. */
  let undone = false;
  /** Warnings since the work began. */
  let warned: readonly string[] = [];
  /** Told above the next question, until a key is pressed. */
  let note: { text: string; bad: boolean } | null = null;
  /** Warnings above a question that may never come. */
  let unseen: readonly Event[] = [];
  let command: readonly string[] = [];
  const typedAhead: Key[] = [];
  /** What names and text screens held when Back left them. */
  const left = new Map<string, object>();
  /** Told when the frame is gone, so that it stays in the scrollback. */
  const afterwards: (() => void)[] = [];

  const size = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const view = (): View => ({ width: Math.max(20, size().columns - 1), glyphs, now: Date.now(), tick });

  function picture(): readonly Row[] {
    const content = {
      title: program,
      notice: surroundings.sandbox ? 'sandbox CA: nothing here is real' : surroundings.ca,
      trail: (open?.trail ?? trail).map(({ label, text }) => ({ label, text: printableLine(text, 200) })),
    };
    if (open && explaining) {
      return frameRows({ ...content, body: wrapped(open.why, view().width - 2, undefined, '  '), pinned: 0, hints: [{ key: 'any key', does: 'back to the question' }] }, size(), glyphs);
    }
    if (open) {
      const said = note === null ? [] : [...wrapped(note.bad ? `${glyphs.failed} ${note.text}` : note.text, view().width, note.bad ? 'bad' : 'strong'), blank].map((line) => ({ ...line, stays: true }));
      return frameRows({ ...content, body: [...said, ...open.rows(view())], pinned: open.pinned(view()), hints: open.hints() }, size(), glyphs);
    }
    return frameRows({ ...content, body: runningRows(running, view()), pinned: 0, hints: runningHints }, size(), glyphs);
  }

  function draw(): void {
    if (closed) return;
    const element = <Frame rows={picture()} colour={options.colour} />;
    if (ink) {
      ink.rerender(element);
      return;
    }
    stopKeys = listenToKeys(stdin, stdout, onKey);
    stdout.prependListener('resize', onResize);
    // Keys are read by our own reader; Ink gets an input on which nothing ever comes.
    const silent = Object.assign(new PassThrough(), { isTTY: false }) as unknown as NodeJS.ReadStream;
    ink = render(element, { stdout, stdin: silent, exitOnCtrlC: false, patchConsole: false, debug: false });
  }

  let width = size().columns;
  function onResize(): void {
    // Ink erases as many lines as it wrote; on a narrower terminal they have become more.
    if (size().columns < width) ink?.clear();
    width = size().columns;
    setImmediate(draw);
  }

  function onKey(key: Key): void {
    if (closed) return;
    if (key.name === 'ctrl' && (key.letter === 'c' || key.letter === 'd')) {
      options.cancel();
      open?.cancel();
      return;
    }
    if (explaining) {
      explaining = false;
      return draw();
    }
    if (!open) {
      if (key.name === 'char' && key.text === 't') running = { ...running, showProtocol: !running.showProtocol };
      else typedAhead.push(key);
      return draw();
    }
    if (key.name === 'char' && key.text === '?' && open.why !== '' && !open.typing()) {
      explaining = true;
      return draw();
    }
    note = null;
    unseen = [];
    open.press(key);
    draw();
  }

  /** Shows a screen until it is answered. Keys that came before it count, unless it must be seen first. */
  function show<State, Answer>(
    screen: Screen<State, Answer>,
    first: State,
    more: { leaving?: (state: State) => void; why?: string; typing?: (state: State) => boolean; trail?: readonly Answered[]; pinned?: (state: State, view: View) => number; mustBeSeen?: boolean; started?: (change: (next: (state: State) => State) => void, done: (answer: Answer) => void) => () => void },
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let state = first;
      let stop: () => void = () => undefined;
      const leave = (): void => {
        stop();
        open = null;
        explaining = false;
      };
      const answer = (value: Answer): void => {
        leave();
        more.leaving?.(state);
        resolve(value);
      };
      open = {
        press(key) {
          const result = screen.press(state, key);
          if ('answer' in result) return answer(result.answer);
          if ('copy' in result) stdout.write(clipboardSequence(result.copy));
          state = result.state;
        },
        rows: (at) => screen.rows(state, at),
        hints: () => screen.hints(state, glyphs),
        cancel() {
          leave();
          reject(new Cancelled());
        },
        why: more.why ?? '',
        typing: () => more.typing?.(state) ?? false,
        trail: more.trail ?? trail,
        pinned: (at) => more.pinned?.(state, at) ?? 0,
      };
      if (more.mustBeSeen) typedAhead.length = 0;
      stop =
        more.started?.((change) => {
          state = change(state);
          draw();
        }, answer) ?? stop;
      draw();
      for (let key = typedAhead.shift(); key; key = typedAhead.shift()) {
        onKey(key);
        // What is left is for the next screen.
        if (!open) break;
      }
    });
  }

  async function question(asked: Question, canGoBack: boolean, initial: AnswerValue | undefined, answered: readonly Answered[]): Promise<AnswerValue | typeof back> {
    trail = answered;
    const common = { why: asked.why, trail: answered };
    const subject = `${asked.id} ${asked.about ?? ''}`;
    /** The screen as Back left it, with what was typed and ticked; else a new one. */
    const kept = <State extends object>(fresh: State): State => ({ ...fresh, ...(left.get(subject) as Partial<State> | undefined), question: asked, canGoBack });
    const leaving = (state: object): void => void left.set(subject, state);
    const answer = await ask(asked);
    if (answer !== back) left.delete(subject);
    return answer;

    function ask(it: Question): Promise<AnswerValue | typeof back> {
      switch (it.kind) {
        case 'choice':
          return show(choiceScreen, choiceState(it, canGoBack, initial), { ...common, pinned: choicePinned });
        case 'checklist':
          return show(checklistScreen, checklistState(it, canGoBack, initial), common);
        case 'names':
          return show(namesScreen, kept(namesState(it, canGoBack, initial)), { ...common, leaving });
        case 'text':
          return show(textScreen, kept(textState(it, canGoBack, initial)), { ...common, leaving, typing: ({ field }) => field.text !== '' });
        case 'fields':
          return show(fieldsScreen, kept(fieldsState(it, canGoBack, initial)), { ...common, leaving, typing: ({ fields, at }) => (fields[at]?.text ?? '') !== '' });
        case 'folders':
          return show(foldersScreen, foldersState(it, canGoBack, initial), common);
      }
    }
  }

  function watch(on: boolean): void {
    if (timer) clearInterval(timer);
    timer = null;
    if (!on) return;
    timer = setInterval(
      () => {
        if (options.motion) tick += 1;
        draw();
      },
      options.motion ? FRAME : 1000,
    );
    timer.unref();
  }

  return {
    ask: (asked, { canGoBack, initial, trail: answered }) => question(asked, canGoBack, initial, answered),
    async review(plan, { canGoBack, command: words, trail: answered }): Promise<ReviewChoice> {
      trail = [];
      command = words;
      if (timer) {
        // It had begun, and was called off: why stands above what is shown again.
        watch(false);
        if (warned.length > 0) note = { text: warned.join('\n'), bad: true };
        warned = [];
      }
      const choice = await show(reviewScreen, reviewState(plan, words, canGoBack, surroundings.sandbox), { trail: [], pinned: reviewPinned, mustBeSeen: true });
      if (choice === back) trail = answered;
      else if (plan.kind === 'obtain') {
        running = runningState(Date.now());
        watch(true);
        draw();
      }
      return choice;
    },
    async recover(error, choices, { safe }): Promise<RecoveryChoice> {
      watch(false);
      note = null;
      const choice = await show(troubleScreen, troubleState(error, choices, safe, warned), { trail: [], pinned: () => choices.length, mustBeSeen: true });
      running = runningState(Date.now());
      warned = [];
      if (choice === 'retry' || choice === 'without-failed') watch(true);
      draw();
      return choice;
    },
    async instruct(instructions) {
      watch(true);
      await show(byHandScreen, byHandState(instructions), {
        trail: [],
        mustBeSeen: true,
        started: (change, done) => lookAgainAndAgain(instructions, change, () => done('go')),
      });
      draw();
    },
    report(event: Event) {
      if (closed) return print(event);
      switch (event.type) {
        case 'saved':
          afterwards.push(() => tell([...savedLines(event), ...savedDetails(event), '', ...nextSteps(event, program), ...(command.length > 0 ? [`The same:  ${shellQuote(command)}`] : [])]));
          break;
        case 'exported':
          afterwards.push(() => print(event), ...(command[1] === 'export' ? [() => tell([`The same:  ${shellQuote(command)}`])] : []));
          break;
        case 'installation':
          // What is undone at once needs no advice on how to undo it.
          afterwards.push(() => {
            if (!undone) print(event);
          });
          break;
        case 'served-certificate': {
          const wrong = eventText(event);
          // Beside the question whether it is kept so.
          const said = wrong ?? `Asked just now: the new certificate is served for ${event.names.length > 3 ? `${event.names.length} names` : event.names.join(', ')}.`;
          note = { text: note === null ? said : `${note.text}\n${said}`, bad: wrong !== null || note?.bad === true };
          afterwards.push(() => {
            if (!undone) print(event);
          });
          break;
        }
        case 'rolled-back':
          undone = true;
          afterwards.push(() => print(event));
          break;
        case 'exports':
        case 'export-failed':
        case 'kept':
        case 'csr-saved':
        case 'dry-run-passed':
        case 'certificates':
        case 'checkpoints':
        case 'renewals':
        case 'why':
        case 'result':
        case 'schedule':
        case 'schedule-step':
        case 'plan':
        case 'failed':
          afterwards.push(() => print(event));
          break;
        case 'log-file':
          break;
        case 'log':
          // About the answer just given, or about a rehearsal: it stands above the next question, if there is one.
          if (event.level === 'info' || (event.level === 'warning' && (!timer || running.asking !== null))) {
            note = { text: event.message, bad: event.level === 'warning' };
            if (note.bad) unseen = [...unseen, event];
          }
          else if (event.level !== 'debug') {
            warned = [...warned, event.message];
            afterwards.push(() => print(event));
          }
          running = runningEvent(running, event, Date.now());
          break;
        default:
          running = runningEvent(running, event, Date.now());
          if (!timer && event.type === 'order-created') watch(true);
          if (event.type === 'credentials-tried') watch(event.state === 'started');
          if (!open && (ink !== null || event.type === 'order-created')) draw();
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      watch(false);
      stdout.off('resize', onResize);
      if (ink) {
        ink.rerender(<Frame rows={[]} colour={false} />);
        ink.clear();
        ink.unmount();
        await ink.waitUntilExit();
      }
      stopKeys?.();
      for (const event of unseen) print(event);
      for (const telling of afterwards) telling();
    },
  };

  function tell(lines: readonly string[]): void {
    for (const line of lines) stdout.write(`${line}\n`);
  }
}

/** Looks at once and then every two seconds, until all is seen or the screen is left. */
function lookAgainAndAgain(instructions: Instructions, change: (next: (state: ByHandState) => ByHandState) => void, done: () => void): () => void {
  let stopped = false;
  let wait: NodeJS.Timeout | null = null;
  const look = async (): Promise<void> => {
    const seen = await instructions.look();
    if (stopped) return;
    change((state) => ({ ...state, seen, lookedAt: Date.now() }));
    if (instructions.tasks.every((_, index) => isSeen(seen[index]))) return done();
    wait = setTimeout(() => void look(), LOOK);
  };
  void look();
  return () => {
    stopped = true;
    if (wait) clearTimeout(wait);
  };
}
