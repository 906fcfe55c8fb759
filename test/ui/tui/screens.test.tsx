import { render } from 'ink-testing-library';
import { describe, expect, it } from 'vitest';
import { AcmeProblem, ChallengesFailed, StoreError } from '../../../src/core/errors.js';
import type { KeepPlan } from '../../../src/core/decide/plan.js';
import { back, type Instructions } from '../../../src/core/interaction.js';
import type { ChallengeTask } from '../../../src/plugins/contract.js';
import { Frame, frameRows } from '../../../src/ui/tui/Frame.js';
import { glyphsFor } from '../../../src/ui/tui/glyphs.js';
import { readKeys } from '../../../src/ui/tui/keys.js';
import { rowText } from '../../../src/ui/tui/rows.js';
import type { Screen, View } from '../../../src/ui/tui/screen.js';
import { byHandScreen, byHandState } from '../../../src/ui/tui/screens/by-hand.js';
import { checklistScreen, checklistState } from '../../../src/ui/tui/screens/checklist.js';
import { choiceScreen, choiceState } from '../../../src/ui/tui/screens/choice.js';
import { foldersScreen, foldersState } from '../../../src/ui/tui/screens/folders.js';
import { namesScreen, namesState } from '../../../src/ui/tui/screens/names.js';
import { reviewPinned, reviewScreen, reviewState } from '../../../src/ui/tui/screens/review.js';
import { runningEvent, runningRows, runningState } from '../../../src/ui/tui/screens/running.js';
import { textScreen, textState } from '../../../src/ui/tui/screens/text.js';
import { troubleScreen, troubleState } from '../../../src/ui/tui/screens/trouble.js';
import { choice, folders, names, secret, text as textQuestion } from '../questions-for-tests.js';

const [DOWN, UP, ENTER, ESC, TAB] = ['\u001b[B', '\u001b[A', '\r', '\u001b', '\t'];
const glyphs = glyphsFor({ asciiOnly: false, motion: true });
const view: View = { width: 79, glyphs, now: 10_000, tick: 0 };

/** Presses the keys; gives the answer, or the state that is left. */
function press<S, A>(screen: Screen<S, A>, start: S, input: string): { answer?: A; state: S; copied: string[] } {
  let state = start;
  const copied: string[] = [];
  const { keys, rest } = readKeys(input);
  for (const key of [...keys, ...(rest === ESC ? [{ name: 'escape' as const }] : [])]) {
    const result = screen.press(state, key);
    if ('answer' in result) return { answer: result.answer, state, copied };
    if ('copy' in result) copied.push(result.copy);
    state = result.state;
  }
  return { state, copied };
}

const shown = <S, A>(screen: Screen<S, A>, state: S, at: View = view) => screen.rows(state, at).map(rowText).join('\n');

describe('checklist', () => {
  const question = { kind: 'checklist', id: 'certificates', label: 'Certificates', title: 'Which ones?', why: 'Because.', flags: [], choices: [{ value: 'a', label: 'a.example' }, { value: 'b', label: 'b.example', hint: 'b' }, { value: 'c', label: 'c.example' }], initial: ['b'], least: 1 } as const;

  it('space ticks and unticks, in the order of the list; Enter takes them', () => {
    expect(press(checklistScreen, checklistState(question, false, undefined), ENTER).answer).toEqual(['b']);
    expect(press(checklistScreen, checklistState(question, false, undefined), `${DOWN}${DOWN} ${UP}${UP} ${ENTER}`).answer).toEqual(['a', 'b', 'c']);
    expect(press(checklistScreen, checklistState(question, true, ['c']), `${ESC}`).answer).toBe(back);
    expect(press(checklistScreen, checklistState(question, true, ['c', 'gone']), ENTER).answer).toEqual(['c']);
  });

  it('too few are not taken, and it is said why', () => {
    const left = press(checklistScreen, checklistState(question, false, undefined), `${DOWN} ${ENTER}`);
    expect(left.answer).toBeUndefined();
    expect(shown(checklistScreen, left.state)).toContain('Tick at least one');
  });
});

it('a choice and its explanation scroll as one piece, at every place of a list that is longer than the screen', () => {
  const hint = (index: number): string => `begin${index} ${'explained at some length '.repeat(1 + (index % 3) * 2)}end${index}`;
  const many = Array.from({ length: 9 }, (_, index) => ({ value: `v${index}`, label: `label${index}`, hint: hint(index) }));
  const asked = { id: 'certificate', label: 'Which', title: 'Which one?', why: 'Because.', flags: [], choices: many } as const;
  const at16 = { columns: 60, rows: 16 };
  const narrow = { ...view, width: 59 };
  const frames = many.flatMap((_, moves) => {
    const one = press(choiceScreen, choiceState({ ...asked, kind: 'choice', recommended: 'v0', even: true }, false, undefined), DOWN.repeat(moves)).state;
    const some = press(checklistScreen, checklistState({ ...asked, kind: 'checklist', initial: [], least: 1 }, false, undefined), DOWN.repeat(moves)).state;
    return [[choiceScreen.rows(one, narrow), moves], [checklistScreen.rows(some, narrow), moves]] as const;
  });
  for (const [body, moves] of frames) {
    const text = frameRows({ title: 't', notice: 'n', trail: [], body, pinned: 0, hints: [] }, at16, glyphs).map(rowText).join('\n');
    for (const index of many.keys()) expect([text.includes(`label${index}`), text.includes(`begin${index} `), text.includes(`end${index}`)], `${moves}:\n${text}`).toEqual(Array(3).fill(text.includes(`label${index}`)));
    expect(text).toMatch(new RegExp(`❯ .*label${moves}\n`));
    expect(text.split('\n')).toHaveLength(15);
    if (moves === 0 || moves === 8) expect(text).toMatch(moves === 8 ? /↑ \d+ more/ : /↓ \d+ more/);
  }
});

describe('choice', () => {
  it('Enter takes the recommended answer; arrows skip what cannot be chosen; keys in one chunk count all', () => {
    expect(press(choiceScreen, choiceState(choice, true, undefined), ENTER).answer).toBe('one');
    expect(press(choiceScreen, choiceState(choice, true, undefined), `${DOWN}${DOWN}${DOWN}${ENTER}`).answer).toBe('five');
    expect(press(choiceScreen, choiceState(choice, true, undefined), `${DOWN}${DOWN}${UP}${ENTER}`).answer).toBe('three');
    expect(press(choiceScreen, choiceState(choice, true, undefined), `2${ENTER}`).answer).toBe('one');
    expect(press(choiceScreen, choiceState(choice, true, undefined), `4${ENTER}`).answer).toBe('four');
  });
  it('Esc goes back where that is possible, with the old answer kept', () => {
    expect(press(choiceScreen, choiceState(choice, true, undefined), ESC).answer).toBe(back);
    expect(press(choiceScreen, choiceState(choice, false, undefined), ESC).answer).toBeUndefined();
    expect(press(choiceScreen, choiceState(choice, true, 'four'), ENTER).answer).toBe('four');
  });
  it('what does not fit is visible with its reason', () => {
    expect(shown(choiceScreen, choiceState(choice, true, undefined))).toContain('not now: port 80 is taken by nginx (pid 812)');
  });
});

describe('names', () => {
  it('takes typed and ticked names, and gives them as typed', () => {
    const start = namesState(names, true, undefined);
    expect(press(namesScreen, start, `München.example *.example.com,${ENTER}`).answer).toEqual(['münchen.example', '*.example.com']);
    expect(press(namesScreen, start, `${UP}${UP} ${DOWN}${DOWN}a.example.com${ENTER}`).answer).toEqual(['shop.example.com', 'a.example.com']);
  });
  it('a list of what is seen here begins with the cursor in it, ticked as proposed; the field takes what is typed', () => {
    const start = namesState({ ...names, initial: ['blog.example.com'] }, true, undefined);
    expect(shown(namesScreen, start)).toContain('❯ [ ] shop.example.com   nginx');
    expect(press(namesScreen, start, ENTER).answer).toEqual(['blog.example.com']);
    expect(press(namesScreen, start, ` ${DOWN} own.example.com${ENTER}`).answer).toEqual(['shop.example.com', 'own.example.com']);
  });
  it('a long list is searched by what is typed; what found a name is no name itself', () => {
    const many = { ...names, suggestions: Array.from({ length: 3000 }, (_, index) => ({ name: `s${index}.example.com`, note: 'nginx' })) };
    const { state } = press(namesScreen, namesState(many, true, undefined), 'own.example.org s271');
    expect(shown(namesScreen, state).match(/\[ \] \S+/g)).toEqual(['[ ] s271.example.com', ...Array.from({ length: 10 }, (_, index) => `[ ] s271${index}.example.com`)]);
    expect(press(namesScreen, state, `${UP.repeat(20)} ${ENTER}`).answer).toEqual(['s271.example.com', 'own.example.org']);
    expect(press(namesScreen, namesState(many, true, undefined), `\u001b[6~\u001b[6~ ${ENTER}`).answer).toEqual(['s16.example.com']);
  });
  it('does not go on with nothing, or with a name that cannot be, and names it', () => {
    const nothing = press(namesScreen, namesState(names, true, undefined), ENTER);
    expect(nothing.answer).toBeUndefined();
    expect(shown(namesScreen, nothing.state)).toContain('Please tick a name with the space bar, or type one.');
    const wrong = press(namesScreen, namesState(names, true, undefined), `good.example.com bad_name.example.com${ENTER}`);
    expect(wrong.answer).toBeUndefined();
    expect(shown(namesScreen, wrong.state)).toContain('bad_name.example.com contains an underscore');
  });
  it('does not judge the word that is being typed', () => {
    expect(shown(namesScreen, press(namesScreen, namesState(names, true, undefined), 'exam').state)).not.toContain('needs at least two parts');
    expect(shown(namesScreen, press(namesScreen, namesState(names, true, undefined), 'exam ').state)).toContain('exam needs at least two parts');
  });
  it('Back keeps the names', () => {
    expect(press(namesScreen, namesState(names, true, ['shop.example.com', 'x.example.com']), ENTER).answer).toEqual(['shop.example.com', 'x.example.com']);
  });
});

describe('text and folders', () => {
  it('checks an address when it is finished', () => {
    const wrong = press(textScreen, textState(textQuestion, true, undefined), `admin@${ENTER}`);
    expect(shown(textScreen, wrong.state)).toContain('does not look like an e-mail address');
    expect(press(textScreen, textState(textQuestion, true, undefined), `admin@example.com${ENTER}`).answer).toBe('admin@example.com');
    expect(press(textScreen, textState(textQuestion, true, undefined), ENTER).answer).toBe('');
    expect(press(textScreen, textState(secret, true, undefined), ENTER).answer).toBeUndefined();
  });
  it('never shows a secret', () => {
    const { state } = press(textScreen, textState(secret, true, undefined), 'hunter2');
    expect(shown(textScreen, state)).not.toContain('hunter2');
    expect(shown(textScreen, state)).toContain('*******');
  });
  it('asks a folder for each name; Tab takes the same for all below', () => {
    expect(press(foldersScreen, foldersState(folders, true, undefined), `${ENTER}${ENTER}/srv/api${ENTER}`).answer).toEqual({ 'example.com': '/var/www/html', 'www.example.com': '/var/www/html', 'api.example.com': '/srv/api' });
    expect(press(foldersScreen, foldersState(folders, true, undefined), `\u0015/srv/all${TAB}${ENTER}${ENTER}${ENTER}`).answer).toEqual({ 'example.com': '/srv/all', 'www.example.com': '/srv/all', 'api.example.com': '/srv/all' });
    const wrong = press(foldersScreen, foldersState(folders, true, undefined), `\u0015html${ENTER}`);
    expect(shown(foldersScreen, wrong.state)).toContain('beginning with /');
  });
});

describe('review', () => {
  const change = (before: string | null, after: string, path = '/etc/nginx/sites/example') => ({ title: 'Deployed ACME Certificate', change: { files: [{ path, before, after }], links: [], commands: [], notes: [], warnings: [] } });
  const site = `server {\n${Array.from({ length: 30 }, (_, line) => `    # line ${line}\n`).join('')}    listen 80;\n}\n`;
  const plan: KeepPlan = { kind: 'keep', lineage: 'example.com', notAfter: 0, installer: 'nginx', installation: { steps: [change(site, site.replace('listen 80;', 'listen 443 ssl;')), change(null, `# ${'x'.repeat(147)} end\n`, '/etc/nginx/new')], unsupported: [] } };
  const start = reviewState(plan, ['certwright', 'run'], true, false);

  it('says which files change by how much; d shows every line, and nothing is done from there', () => {
    expect(shown(reviewScreen, start)).toContain('/etc/nginx/sites/example   +1 -1');
    const { state, answer } = press(reviewScreen, start, `d${ENTER}d`);
    expect(answer).toBeUndefined();
    const text = shown(reviewScreen, state);
    expect(text).toContain('--- /etc/nginx/sites/example\n+++ /etc/nginx/sites/example\n@@ -29,5 +29,5 @@');
    expect(text).toContain('\n-    listen 80;\n+    listen 443 ssl;\n');
    expect(press(reviewScreen, state, `${ESC}`).state.reading).toBe(false);
    expect(press(reviewScreen, start, `d${DOWN}d${ENTER}`).answer).toBe('do');
  });

  it('the end of long differences comes into view on small screens, with long lines whole and signs without colour', () => {
    for (const [columns, rows] of [[60, 16], [80, 24]] as const) {
      const at = { ...view, width: columns - 1 };
      const { state } = press(reviewScreen, start, `d${'\u001b[6~'.repeat(4)}`);
      const frame = frameRows({ title: 'certwright', notice: '', trail: [], body: reviewScreen.rows(state, at), pinned: reviewPinned(state), hints: reviewScreen.hints(state, glyphs) }, { columns, rows }, glyphs).map(rowText);
      expect(frame.length).toBeLessThan(rows);
      expect(frame.join('\n')).toContain(' end');
      expect(frame.join('\n')).toContain('Not written yet');
      const bare = render(<Frame rows={reviewScreen.rows(press(reviewScreen, start, 'd').state, at)} colour={false} />).lastFrame() ?? '';
      expect(bare).toContain('-    listen 80;');
      expect(bare).toContain('\u00a0\u00a0\u00a0\u00a0\u00a0# line 29');
      expect(bare).not.toMatch(/\u001b\[3\dm/);
    }
  });
});

describe('trouble', () => {
  const failed = new ChallengesFailed([{ name: 'api.example.com', challengeType: 'http-01', problem: { type: 'urn:ietf:params:acme:error:connection', detail: 'refused\u001b[31m red', status: 400, subproblems: [] }, advice: 'The A record points elsewhere.' }], ['example.com']);
  it('begins with what is safe, shows the words of the CA without control characters, and the likely cause', () => {
    expect(shown(troubleScreen, troubleState(failed, ['retry', 'quit'], 'Nothing was changed.', ['/srv/a may only be read by its owner', '/srv/a may only be read by its owner']))).toMatch(/^Nothing was changed\.\n *\n {2}Warned before: \/srv\/a may only be read by its owner\n *\n✗/);
    const all = shown(troubleScreen, troubleState(failed, ['retry', 'without-failed', 'quit'], 'Nothing was changed.', []));
    expect(all.startsWith('Nothing was changed.')).toBe(true);
    expect(all).toContain('refused red');
    expect(all).toContain('Likely: The A record points elsewhere.');
    expect(all).toContain('example.com: proved');
  });
  it('offers what makes sense', () => {
    expect(press(troubleScreen, troubleState(failed, ['retry', 'without-failed', 'quit'], '', []), `${DOWN}${ENTER}`).answer).toBe('without-failed');
    expect(press(troubleScreen, troubleState(new StoreError('no'), ['quit'], '', []), ENTER).answer).toBe('quit');
    expect(shown(troubleScreen, troubleState(new AcmeProblem({ type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many', status: 429, subproblems: [] }, 'https://ca.example'), ['quit'], '', []))).toContain('too many');
  });
});

const task = (value: string, validation: string, recordName?: string): ChallengeTask => ({
  identifier: { type: 'dns', value, shown: value },
  wildcard: false,
  type: recordName === undefined ? 'http-01' : 'dns-01',
  token: 'token',
  keyAuthorization: 'token.print',
  validation,
  ...(recordName === undefined ? {} : { recordName }),
});
const instructions: Instructions = {
  tasks: [task('example.com', 'VALUE-1', '_acme-challenge.example.com'), task('example.com', 'VALUE-2', '_acme-challenge.example.com'), task('www.example.com', 'CONTENT')],
  zones: { '_acme-challenge.example.com': 'example.com' },
  look: () => Promise.resolve({}),
};

describe('by hand', () => {
  it('shows everything at once: name relative to its zone, both values, file, content and shell line', () => {
    const all = shown(byHandScreen, byHandState(instructions));
    for (const part of ['_acme-challenge      in zone example.com', 'full: _acme-challenge.example.com', 'TXT', '300', 'keep both', 'VALUE-1', 'VALUE-2', 'http://www.example.com/.well-known/acme-challenge/token', 'CONTENT', "printf '%s' CONTENT > .well-known/acme-challenge/token"]) expect(all.replace(/\s+/g, ' ')).toContain(part.replace(/\s+/g, ' '));
  });
  it('digits copy a value, c copies all; Enter too early is caught once', () => {
    expect(press(byHandScreen, byHandState(instructions), '2').copied).toEqual(['VALUE-2']);
    expect(press(byHandScreen, byHandState(instructions), 'c').copied[0]).toContain('_acme-challenge.example.com. 300 IN TXT "VALUE-1"');
    const early = press(byHandScreen, byHandState(instructions), ENTER);
    expect(early.answer).toBeUndefined();
    expect(shown(byHandScreen, early.state)).toContain('3 of 3 cannot be seen yet');
    expect(press(byHandScreen, early.state, ENTER).answer).toBe('go');
  });
  it('on a small screen what is waited for, and the warning of an early Enter, stay above what scrolls; a long address has its number once', () => {
    const long = { ...instructions, tasks: [...instructions.tasks, { ...task('api.example.com', 'CONTENT', undefined), token: 't'.repeat(60) }], expires: new Date(0) };
    const early = press(byHandScreen, byHandState(long), `${ENTER}${DOWN}${DOWN}${DOWN}${DOWN}${DOWN}${DOWN}${DOWN}${DOWN}`);
    const frame = frameRows({ title: 'certwright', notice: '', trail: [], body: byHandScreen.rows(early.state, view), pinned: 0, hints: byHandScreen.hints(early.state, glyphs) }, { columns: 80, rows: 24 }, glyphs).map(rowText).join('\n');
    for (const part of ['Add these 2 records at your DNS provider, and put these 2 files where your web server serves them.', 'Waiting for 4 more answers', 'You can close this window', '4 of 4 cannot be seen yet', '↑↓ scroll']) expect(frame.replace(/\s+/g, ' ')).toContain(part);
    expect(shown(byHandScreen, byHandState(long)).match(/^ +4 .*$/gm)).toHaveLength(1);
  });
  it('N29: a lasting record is shown whole, once for a name and its wildcard, with what it allows; the worse of two sightings is told', () => {
    const value = 'ca.example; accounturi=https://acme-v02.ca.example/acme/acct/12345678901234567890; policy=wildcard';
    const lasting = (wildcard: boolean) => ({ ...task('example.com', value, '_validation-persist.example.com'), wildcard, type: 'dns-persist-01' as const, persist: { issuers: ['ca.example'], accountUrl: 'https://acme-v02.ca.example/acme/acct/12345678901234567890' } });
    const state = byHandState({ ...instructions, tasks: [lasting(false), lasting(true)], zones: {} });
    const seen = { 0: [{ at: 'ns1', state: 'seen' as const }], 1: [{ at: 'ns1', state: 'wrong' as const, found: 'it has no policy=wildcard' }] };
    const all = shown(byHandScreen, { ...state, seen, lookedAt: 6000 });
    expect(all).toContain('Add this record');
    expect(all.replace(/\s+/g, '')).toContain(value.replace(/\s+/g, ''));
    expect(Math.max(...all.split('\n').map((line) => line.length))).toBeLessThanOrEqual(view.width);
    expect(all.match(/accounturi/g)).toHaveLength(1);
    expect(all).toContain('✗ ns1 wrong value: it has no policy=wildcard');
    expect(all.replace(/\s+/g, ' ')).toContain('It stays: set once, every renewal finds it there. certwright never removes it.');
    expect(all.replace(/\s+/g, ' ')).toContain('obtain any certificate for example.com, *.example.com and the names below');
    expect(press(byHandScreen, state, '1').copied).toEqual([value]);
    expect(press(byHandScreen, state, 'c').copied).toEqual([`_validation-persist.example.com. 300 IN TXT "${value}"`]);
    expect(byHandScreen.hints(state, glyphs)[0]?.key).toBe('1');
  });
  it('says what each server shows', () => {
    const seen = { 0: [{ at: 'ns1', state: 'seen' as const }, { at: 'ns2', state: 'wrong' as const, found: 'OLD' }], 1: [{ at: 'ns1', state: 'not-yet' as const }] };
    const all = shown(byHandScreen, { ...byHandState(instructions), seen, lookedAt: 6000 });
    for (const part of ['✓ ns1 seen', '✗ ns2 wrong value: OLD', '· ns1 not yet', 'asked 4 s ago']) expect(all).toContain(part);
  });
});

it('while it runs: one line a name, with its state and time; the protocol on t', () => {
  let state = runningState(0);
  state = runningEvent(state, { type: 'order-created', url: 'u', names: ['a.example.com', 'b.example.com'] }, 1000);
  state = runningEvent(state, { type: 'name', name: 'a.example.com', state: 'checking' }, 2000);
  state = runningEvent(state, { type: 'name', name: 'b.example.com', state: 'valid' }, 3200);
  state = runningEvent(state, { type: 'acme', method: 'POST', url: 'u', status: 200, ms: 5, purpose: 'new order' }, 3200);
  const text = runningRows(state, view).map(rowText).join('\n');
  expect(text).toMatch(/⠋ a\.example\.com +the CA is looking +9\.0 s/);
  expect(text).toMatch(/✓ b\.example\.com +proved +2\.2 s/);
  expect(runningRows({ ...state, showProtocol: true }, view).map(rowText).join('\n')).toContain('new order');
});

it.each([[40, 10], [60, 16], [80, 24], [200, 50]])('no frame is taller or wider than %d×%d, whatever is on it', (columns, rows) => {
  const many = Array.from({ length: 60 }, (_, index) => `host${index}.a-long-name.example.com`);
  const at = { ...view, width: columns - 1 };
  const bodies = [
    choiceScreen.rows(choiceState(choice, true, undefined), at),
    namesScreen.rows(namesState(names, true, many), at),
    textScreen.rows(textState(textQuestion, true, 'x'.repeat(300)), at),
    foldersScreen.rows(foldersState({ ...folders, names: many }, true, undefined), at),
    byHandScreen.rows(byHandState({ ...instructions, tasks: many.map((name, index) => task(name, `VALUE-${index}`, `_acme-challenge.${name}`)) }), at),
    troubleScreen.rows(troubleState(new StoreError('long '.repeat(300)), ['retry', 'quit'], 'Nothing was changed.', ['A warning '.repeat(40)]), at),
  ];
  const trail = many.slice(0, 9).map((name) => ({ label: 'Names', text: name.repeat(4) }));
  for (const body of bodies) {
    const frame = frameRows({ title: 'certwright', notice: 'sandbox CA: nothing here is real', trail, body, pinned: 0, hints: [{ key: 'Enter', does: 'go on' }, { key: 'Esc', does: 'back' }, { key: '?', does: 'why this is asked' }] }, { columns, rows }, glyphs);
    expect(frame.length).toBeLessThan(rows);
    const { lastFrame, unmount } = render(<Frame rows={frame} colour={false} />);
    const lines = (lastFrame() ?? '').split('\n');
    expect(lines.length).toBeLessThan(rows);
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(100);
    expect(lines.at(-1)).toContain('Ctrl-C');
    unmount();
  }
});
