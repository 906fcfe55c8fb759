import { expect, it } from 'vitest';
import { parse } from '../../../src/cli/parser.js';
import { commandLine } from '../../../src/core/decide/command-line.js';
import type { Answer } from '../../../src/core/decide/answers.js';
import { decide } from '../../../src/core/decide/decide.js';
import type { Facts } from '../../../src/core/decide/facts.js';
import type { ObtainPlan } from '../../../src/core/decide/plan.js';
import type { Question } from '../../../src/core/decide/question.js';
import { builtInPlugins } from '../../../src/plugins/registry.js';
import { factsWithNginx, lineage, lookUp, SERVER } from '../facts-for-tests.js';

function settingsOf(args: readonly string[]) {
  const parsed = parse({ args: ['--server', SERVER, ...args], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  return parsed.settings;
}

/** Enter at every question unless `given` has the answer. */
function walk(args: readonly string[], given: Readonly<Record<string, Answer['value']>> = {}, known: Facts = factsWithNginx()) {
  const settings = settingsOf(args);
  const questions: Question[] = [];
  const answers: Answer[] = [];
  let facts = known;
  for (;;) {
    const decision = decide(settings, facts, answers);
    if ('plan' in decision) return { questions, plan: decision.plan as ObtainPlan, command: commandLine(settings, facts, answers, decision.plan).join(' ').replace(` --server ${SERVER}`, '') };
    if ('lookup' in decision) facts = lookUp(facts, decision);
    else {
      const { ask } = decision;
      questions.push(ask);
      const usual = ask.kind === 'choice' ? ask.recommended : ask.kind === 'fields' ? {} : ask.kind === 'text' || ask.kind === 'folders' ? ask.initial : ask.initial;
      answers.push({ id: ask.id, value: given[ask.id] ?? usual });
    }
  }
}

it('a first-timer with nginx presses Enter: it is offered first, its first site without https is ticked, and it proves and installs', () => {
  const { questions, plan, command } = walk([]);
  expect(questions.map(({ id }) => id)).toEqual(['task', 'names']);
  const [task, names] = questions;
  expect(task?.facts).toContain('nginx is running and serves 3 names without HTTPS: example.com, www.example.com, api.example.com');
  expect(task?.kind === 'choice' && task.choices[0]?.hint).toContain('nginx is running here');
  expect(names?.kind === 'names' && names.suggestions.map(({ name, note }) => `${name} ${note}`)).toEqual([
    'shop.example.org HTTPS until 2027-01-04   nginx, sites-enabled/shop:2',
    'example.com HTTP only   nginx, sites-enabled/example:3',
    'www.example.com HTTP only   nginx, sites-enabled/example:3',
    'api.example.com HTTP only   nginx, sites-enabled/api:1',
  ]);
  expect(names?.facts?.[0]).toContain('many names are meant: *.example.net. Type');
  expect(plan).toMatchObject({ authenticator: 'nginx', installer: 'nginx' });
  expect(command).toBe('certwright run --nginx -d example.com,www.example.com');
});

it('a name with * is proved by another way and still installed in nginx', () => {
  const { questions, plan, command } = walk([], { names: ['*.example.com'] });
  expect(questions.map(({ id }) => id)).toEqual(['task', 'names', 'places']);
  expect(plan).toMatchObject({ authenticator: 'manual', installer: 'nginx' });
  expect(command).toContain('--manual');
  expect(command).toContain('-i nginx --nginx-blocks /etc/nginx/b:7');
});

it('which blocks get a certificate is asked with file and line before anything is done; without a person its flag is named', () => {
  const { questions, command } = walk([], { names: ['*.example.com'], places: ['/etc/nginx/a:1', '/etc/nginx/b:7'] });
  expect(questions.at(-1)).toMatchObject({ kind: 'checklist', initial: ['/etc/nginx/b:7'], facts: ['*.example.com stands for many names.'], choices: [{ value: '/etc/nginx/a:1', hint: '/etc/nginx/a:1, http only' }, { value: '/etc/nginx/b:7' }] });
  expect(questions.at(-1)?.unattended).toBeUndefined();
  expect(questions.at(-1)?.missing).toContain('For example --nginx-blocks /etc/nginx/b:7');
  expect(command).toContain('--nginx-blocks /etc/nginx/a:1 --nginx-blocks /etc/nginx/b:7');
});

it('names of the block that are not in the certificate: what a redirect does to them is said, and they can come in', () => {
  const asked = walk([], { names: ['example.com'] });
  expect(asked.questions.map(({ id }) => id)).toEqual(['task', 'names', 'redirect']);
  const redirect = asked.questions[2];
  expect(redirect?.facts?.[0]).toContain('www.example.com stands in the same block');
  expect(redirect?.kind === 'choice' && redirect.choices.map(({ hint }) => hint).join()).toContain('www.example.com would answer 404');
  // By Enter nobody loses a name; -n does as certbot does.
  expect(asked.command).toBe('certwright run --nginx --redirect -d example.com,www.example.com');
  expect(redirect?.unattended).toBe('redirect');
  expect(walk([], { names: ['example.com'], redirect: 'redirect' }).command).toBe('certwright run --nginx --redirect -d example.com');
  const without = walk([], { names: ['example.com'], redirect: 'no' });
  expect(without.command).toBe('certwright run --nginx --no-redirect -d example.com');
  expect(without.plan.installation?.steps.map(({ title }) => title)).toEqual(['Deployed ACME Certificate']);
});

it('a certificate that is there and is kept: the server is pointed to it, and what that changes is part of the plan', () => {
  const known = factsWithNginx({ lineages: [lineage('example.com', ['example.com', 'www.example.com'])] });
  const { questions, plan } = walk([], {}, known);
  expect(questions.map(({ id }) => id)).toEqual(['task', 'names', 'same-names']);
  const same = questions[2];
  expect(same?.kind === 'choice' && same.choices[0]?.hint).toContain('the server is pointed to it');
  expect(plan).toMatchObject({ kind: 'keep', installer: 'nginx', installation: { steps: [{ title: 'Deployed ACME Certificate' }, { title: 'Add enhancement redirect' }] } });
});

it('after a rehearsal everything is looked up anew, and the answers still mean the same', () => {
  const { servers: _servers, ...fresh } = factsWithNginx();
  const answers: Answer[] = [{ id: 'task', value: 'nginx' }, { id: 'names', value: ['example.com', 'www.example.com'] }];
  const first = decide(settingsOf([]), fresh, answers);
  if (!('lookup' in first)) throw new Error('nothing is looked up');
  expect(decide(settingsOf([]), lookUp(fresh, first), answers)).toMatchObject({ lookup: 'installation', wish: { plan: { installer: 'nginx', authenticator: 'nginx' } } });
});

it('what is wrong with a server stands beside it, and it cannot be chosen', () => {
  const known = factsWithNginx();
  const { questions } = walk([], { task: 'quit' }, { ...known, servers: known.servers?.map((server) => ({ ...server, fault: 'nginx does not answer on port 80; start it first' })) ?? [] });
  const [task] = questions;
  expect(task?.kind === 'choice' && [task.recommended, task.choices[0]?.value, task.choices[1]?.disabled]).toEqual(['certonly', 'certonly', 'nginx does not answer on port 80; start it first']);
});

it('an answer to how names are proved means the same as its flag: nginx also installs', () => {
  const { plan, command } = walk(['-d', 'example.com'], { authenticator: 'nginx' });
  expect(plan).toMatchObject({ authenticator: 'nginx', installer: 'nginx' });
  expect(command).toContain('--nginx');
  expect(walk(['run', '--nginx', '-d', 'example.com']).plan).toEqual(plan);
});
