import { createInterface } from 'node:readline';
import type { AnswerValue, Question } from '../core/decide/question.js';
import { shellQuote } from '../core/decide/command-line.js';
import { Cancelled, ChallengesFailed } from '../core/errors.js';
import type { Event } from '../core/events.js';
import { back, type Interaction, type RecoveryChoice, type ReviewChoice } from '../core/interaction.js';
import { parseNameList } from '../core/names.js';
import { printable } from '../system/printable.js';
import { textProblem } from './answer-check.js';
import { failureLines, messageLines } from './failure-text.js';
import { instructionLines, isSeen, sightingText } from './instructions-text.js';
import { typedChange } from './name-change.js';
import { planLines } from './plan-text.js';
import { changeLines } from './server-change-text.js';
import { recoveryWords } from './recovery-words.js';

interface PlainStreams {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
}

/** Names of servers that are listed at most. */
const MOST_LISTED = 100;
/** Milliseconds between two looks while a person places records. */
const LOOK_AGAIN = 3000;

/** The same questions as plain numbered lines, one at a time: for screen readers, simple terminals and pipes. */
export function plainInteraction({ stdin, stdout }: PlainStreams, print: (event: Event) => void, cancel: () => void): Interaction {
  const lines = openLines(stdin, stdout, cancel);
  const say = (...text: readonly string[]): void => {
    for (const line of text) stdout.write(`${line}\n`);
  };
  let closed = false;

  /** Asks until the answer makes sense: `understand` gives a value or a sentence that says why not. */
  async function prompt<T>(text: string, understand: (answer: string) => { value: T } | { problem: string }, secret = false): Promise<T> {
    for (;;) {
      const answer = await lines.next(`${text} `, secret);
      const understood = understand(secret ? answer : answer.trim());
      if ('value' in understood) return understood.value;
      say(understood.problem);
    }
  }

  async function ask(question: Question, canGoBack: boolean, initial: AnswerValue | undefined): Promise<AnswerValue | typeof back> {
    say('', question.title, ...(question.facts ?? []).map((fact) => printable(fact)));
    const keys = `${canGoBack ? 'b to go back, ' : ''}? for why`;
    const special = (answer: string): { value: typeof back } | { problem: string } | null => {
      if (answer === '?') return { problem: question.why };
      return answer === 'b' && canGoBack ? { value: back } : null;
    };
    switch (question.kind) {
      case 'choice': {
        const usual = typeof initial === 'string' ? initial : question.recommended;
        for (const [index, choice] of question.choices.entries()) {
          const note = choice.disabled === undefined ? choice.hint : `not now, ${choice.disabled}`;
          say(`${index + 1}. ${choice.label}${note === undefined ? '' : `: ${note}`}${choice.value === question.recommended && question.even !== true ? ' (recommended)' : ''}`);
        }
        const usualNumber = question.choices.findIndex(({ value }) => value === usual) + 1;
        return prompt<AnswerValue | typeof back>(`Answer 1 to ${question.choices.length}, ${keys}, Enter for ${usualNumber}:`, (answer) => {
          const other = special(answer);
          if (other) return other;
          const choice = question.choices[(answer === '' ? usualNumber : Number(answer)) - 1];
          if (!choice) return { problem: `Please answer with a number from 1 to ${question.choices.length}.` };
          return choice.disabled === undefined ? { value: choice.value } : { problem: `Not now: ${choice.disabled}.` };
        });
      }
      case 'checklist': {
        const kept = Array.isArray(initial) ? initial.map(String) : question.initial;
        for (const [index, { label, hint }] of question.choices.entries()) say(`${index + 1}. ${label}${hint === undefined ? '' : `: ${hint}`}`);
        const usual = question.choices.flatMap(({ value }, index) => (kept.includes(value) ? [index + 1] : []));
        return prompt<AnswerValue | typeof back>(`Numbers with commas between, ${keys}${usual.length > 0 ? `, Enter for ${usual.join(',')}` : ''}:`, (answer) => {
          const other = special(answer);
          if (other) return other;
          const numbers = answer === '' ? usual : answer.split(/[\s,]+/).filter((word) => word !== '').map(Number);
          const chosen = question.choices.filter((_, index) => numbers.includes(index + 1)).map(({ value }) => value);
          if (numbers.some((number) => question.choices[number - 1] === undefined)) return { problem: `Please answer with numbers from 1 to ${question.choices.length}.` };
          return chosen.length < question.least ? { problem: `Please choose at least ${question.least}.` } : { value: chosen };
        });
      }
      case 'names': {
        const kept = Array.isArray(initial) ? (initial as readonly string[]) : question.initial;
        const { present, suggestions } = question;
        const listed = suggestions.slice(0, MOST_LISTED);
        if (listed.length > 0) say(present ? 'The names that can be in it:' : 'Seen on this machine:', ...listed.map(({ name, note }, index) => `${present ? '  ' : `${index + 1}. `}${name}, ${note.replace(/ {2,}/g, ', ')}`));
        if (suggestions.length > listed.length) say(`(${suggestions.length - listed.length} more)`);
        const how = present ? '+NAME to add, -NAME to take out, or all names' : listed.length > 0 ? 'Numbers from the list, or names, with commas or spaces between' : 'Names with commas or spaces between';
        /** A number is no name. */
        const named = (answer: string): string => answer.replace(/(?<![^\s,;])\d+(?![^\s,;])/g, (number) => listed[Number(number) - 1]?.name ?? number);
        return prompt<AnswerValue | typeof back>(`${how}, ${keys}${kept.length > 0 ? `, Enter for ${kept.join(', ')}` : ''}:`, (answer) => {
          const other = special(answer);
          if (other) return other;
          const { identifiers, errors } = parseNameList(answer === '' ? kept.join('\n') : present ? typedChange(kept, answer) : named(answer));
          if (errors.length > 0) return { problem: errors.map(({ message }) => message).join('\n') };
          return identifiers.length === 0 ? { problem: 'Please type at least one name.' } : { value: identifiers.map(({ shown }) => shown) };
        });
      }
      case 'text': {
        const kept = typeof initial === 'string' ? initial : question.initial;
        const usual = kept !== '' && !question.secret ? `, Enter for ${kept}` : question.optional ? ', Enter for none' : '';
        return prompt<AnswerValue | typeof back>(
          `${question.label}, ${keys}${usual}:`,
          (answer) => {
            const other = special(answer);
            if (other) return other;
            const value = answer === '' ? kept : answer;
            const problem = textProblem(question, value);
            return problem === null ? { value } : { problem };
          },
          question.secret === true,
        );
      }
      case 'fields': {
        const texts: Record<string, string> = {};
        for (const field of question.fields) {
          const before = typeof initial === 'object' && !Array.isArray(initial) ? (initial as Readonly<Record<string, string>>)[field.key] : undefined;
          const usual = field.secret ? '' : (before ?? field.initial ?? '');
          const text = await prompt<string | typeof back>(
            `${field.label}, ${keys}${usual !== '' ? `, Enter for ${usual}` : field.optional === true ? ', Enter for none' : ''}:`,
            (answer) => {
              const other = special(answer);
              if (other) return other;
              const value = answer === '' ? usual : answer;
              const problem = textProblem(field, value);
              return problem === null ? { value } : { problem };
            },
            field.secret,
          );
          if (text === back) return back;
          texts[field.key] = text.trim();
        }
        return texts;
      }
      case 'folders': {
        const folders: Record<string, string> = {};
        let last: string | undefined;
        for (const name of question.names) {
          const before = typeof initial === 'object' && !Array.isArray(initial) ? (initial as Readonly<Record<string, string>>)[name] : undefined;
          const usual: string = last ?? before ?? question.initial[name] ?? '';
          const folder = await prompt<string | typeof back>(`Folder for ${name}, ${keys}${usual === '' ? '' : `, Enter for ${usual}`}:`, (answer) => {
            const other = special(answer);
            if (other) return other;
            const value = answer === '' ? usual : answer;
            return value.startsWith('/') ? { value } : { problem: 'Please give the full path of a folder, beginning with /.' };
          });
          if (folder === back) return back;
          folders[name] = last = folder;
        }
        return folders;
      }
    }
  }

  return {
    ask: (question, { canGoBack, initial }) => ask(question, canGoBack, initial),
    async review(plan, { canGoBack, command }) {
      if (plan.kind === 'install' && !plan.takesOut) return 'do';
      say('', 'Ready. Nothing has been changed yet.', ...planLines(plan).map(({ label, value }) => (label === '' ? `  ${value}` : `${label}: ${value}`)), `The same by flags: ${shellQuote(command)}`);
      const ways: readonly { value: ReviewChoice; label: string }[] = [
        { value: 'do', label: 'Do it' },
        // Only an order can be rehearsed.
        ...(plan.kind === 'obtain' ? [{ value: 'rehearse' as const, label: 'Rehearse on the sandbox first' }] : []),
        ...(canGoBack ? [{ value: back as typeof back, label: 'Back' }] : []),
        ...(plan.kind === 'install' ? [{ value: 'quit' as const, label: 'Quit' }] : []),
      ];
      const steps = plan.kind === 'export' || plan.kind === 'command' ? [] : (plan.installation?.steps ?? []);
      for (const [index, { label }] of ways.entries()) say(`${index + 1}. ${label}`);
      return prompt<ReviewChoice>(`Answer 1 to ${ways.length}, ${steps.length > 0 ? 'd for every line that will be changed, ' : ''}Enter for 1:`, (answer) => {
        if (answer === 'b' && canGoBack) return { value: back };
        if (answer === 'd' && steps.length > 0) return { problem: changeLines(steps).join('\n') };
        const way = ways[(answer === '' ? 1 : Number(answer)) - 1];
        return way ? { value: way.value } : { problem: 'Please answer with one of the numbers.' };
      });
    },
    async recover(error, choices, { safe }) {
      say('', safe, ...(error instanceof ChallengesFailed ? failureLines(error.failures) : messageLines(error.message, error.hint)), '');
      for (const [index, choice] of choices.entries()) say(`${index + 1}. ${recoveryWords[choice].label}: ${recoveryWords[choice].hint}`);
      return prompt<RecoveryChoice>(`Answer 1 to ${choices.length}, Enter for 1:`, (answer) => {
        const choice = choices[(answer === '' ? 1 : Number(answer)) - 1];
        return choice ? { value: choice } : { problem: `Please answer with a number from 1 to ${choices.length}.` };
      });
    },
    async instruct(instructions) {
      say('', ...instructionLines(instructions), '', 'Enter looks again, g goes on without waiting. It goes on by itself when everything is seen.');
      let told = '';
      for (;;) {
        const seen = await instructions.look();
        const all = instructions.tasks.flatMap((task, index) => (seen[index] ?? []).map((sighting) => `${task.recordName ?? task.identifier.shown}: ${sightingText(sighting)}`));
        const text = [...new Set(all)].join('\n');
        if (text !== told) say(text);
        told = text;
        if (instructions.tasks.every((_, index) => isSeen(seen[index]))) return;
        const answer = await Promise.race([lines.next('', false), new Promise<null>((resolve) => setTimeout(() => resolve(null), LOOK_AGAIN))]);
        if (answer?.trim() === 'g') return;
      }
    },
    report: print,
    close() {
      if (!closed) lines.close();
      closed = true;
      return Promise.resolve();
    },
  };
}

interface Lines {
  /** The next line; what was typed ahead counts. Throws Cancelled at the end of input and on Ctrl-C. */
  next(prompt: string, secret: boolean): Promise<string>;
  close(): void;
}

function openLines(stdin: PlainStreams['stdin'], stdout: PlainStreams['stdout'], cancel: () => void): Lines {
  // No line editing: it would write control sequences. The terminal itself edits and echoes the line.
  const reader = createInterface({ input: stdin, terminal: false });
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  const typed: string[] = [];
  let ended = false;
  reader.on('line', (line) => {
    const first = waiting.shift();
    if (first) first.resolve(line);
    else typed.push(line);
  });
  const end = (): void => {
    ended = true;
    for (const { reject } of waiting.splice(0)) reject(new Cancelled());
  };
  reader.on('close', end);
  const onInterrupt = (): void => {
    cancel();
    end();
  };
  process.on('SIGINT', onInterrupt);
  return {
    next(prompt, secret) {
      stdout.write(prompt);
      const ahead = typed.shift();
      if (ahead !== undefined) return Promise.resolve(ahead);
      if (ended) return Promise.reject(new Cancelled());
      if (secret && stdin.isTTY) return hidden(stdin, stdout, cancel);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    close() {
      process.off('SIGINT', onInterrupt);
      reader.close();
      stdin.pause();
      stdin.unref?.();
    },
  };
}

/** Reads one line without echo. */
function hidden(stdin: PlainStreams['stdin'], stdout: PlainStreams['stdout'], cancel: () => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = '';
    stdin.setRawMode(true);
    const done = (finish: () => void): void => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdout.write('\n');
      finish();
    };
    const onData = (chunk: Buffer): void => {
      for (const character of chunk.toString()) {
        if (character === '\r' || character === '\n') return done(() => resolve(line));
        if (character === '\u0003' || character === '\u0004') {
          return done(() => {
            cancel();
            reject(new Cancelled());
          });
        }
        line = character === '\u007f' ? line.slice(0, -1) : line + character;
      }
    };
    stdin.on('data', onData);
    stdin.resume();
  });
}
