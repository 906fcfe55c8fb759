import { expect, it } from 'vitest';
import { parse } from '../../../src/cli/parser.js';
import type { Answer } from '../../../src/core/decide/answers.js';
import { commandLine } from '../../../src/core/decide/command-line.js';
import { decide } from '../../../src/core/decide/decide.js';
import type { ServingFact } from '../../../src/core/decide/facts.js';
import type { ObtainPlan } from '../../../src/core/decide/plan.js';
import { builtInPlugins } from '../../../src/plugins/registry.js';
import { factsWithNginx, lineage, lookUp, SERVER } from '../facts-for-tests.js';

const saved = { authenticator: 'nginx', installer: 'nginx', server: SERVER, key_type: 'ecdsa' };

/** Changes the names of a certificate for a.example.org and b.example.org: Enter at every question unless `given` has the answer. */
function changed(names: readonly string[], server: Partial<ServingFact> | null, given: Readonly<Record<string, Answer['value']>> = {}, params: Readonly<Record<string, string>> = saved) {
  const parsed = parse({ args: ['--server', SERVER], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  const { settings } = parsed;
  let facts = factsWithNginx({ lineages: [lineage('site', ['a.example.org', 'b.example.org'], { params })] });
  const answers: Answer[] = [];
  for (;;) {
    const decision = decide(settings, facts, answers);
    if ('plan' in decision) {
      return { asked: answers.map(({ id }) => id), plan: decision.plan as ObtainPlan, command: commandLine(settings, facts, answers, decision.plan).join(' ').replace(` --server ${SERVER}`, '') };
    }
    if ('ask' in decision) {
      const { ask } = decision;
      const usual = ask.kind === 'choice' ? ask.recommended : '';
      answers.push({ id: ask.id, value: given[ask.id] ?? (ask.id === 'task' ? 'change-names' : ask.id === 'names-change' ? names : usual) });
    } else if (decision.lookup === 'serving') {
      facts = { ...facts, serving: { lineage: 'site', ...(server ? { server: { plugin: 'nginx', label: 'nginx', redirected: [], plain: [], ...server } } : {}) } };
    } else facts = lookUp(facts, decision);
  }
}

const two = ['a.example.org', 'b.example.org'];
const three = [...two, 'new.example.org'];

it.each<[string, Partial<ServingFact>, string]>([
  ['none of the present names redirects', { plain: two }, '--no-redirect'],
  ['all that http serves redirect', { redirected: two }, '--redirect'],
  ['nothing is known of http', {}, '--no-redirect'],
])('names that come to a certificate that nginx serves are served too, and said is what http does: %s', (_, server, word) => {
  const { asked, plan, command } = changed(three, server);
  expect(asked).toEqual(['task', 'names-change', 'serve-too']);
  expect(command).toBe(`certwright run --cert-name site -i nginx ${word} --add-domain new.example.org`);
  expect(plan).toMatchObject({ installer: 'nginx', installation: { steps: word === '--redirect' ? [{}, { title: 'Add enhancement redirect' }] : [{ title: 'Deployed ACME Certificate' }] } });
});

it('where some names redirect and some do not it is asked, and Enter changes nothing', () => {
  const mixed = { redirected: ['a.example.org'], plain: ['b.example.org'] };
  expect(changed(three, mixed)).toMatchObject({ asked: ['task', 'names-change', 'serve-too', 'redirect-too'], command: 'certwright run --cert-name site -i nginx --no-redirect --add-domain new.example.org' });
  expect(changed(three, mixed, { 'redirect-too': 'redirect' }).command).toContain('-i nginx --redirect ');
});

it('a redirect that is only taken over is still asked about where names of the new block would be lost', () => {
  const { asked, command } = changed([...two, 'example.com'], { redirected: two });
  expect(asked).toEqual(['task', 'names-change', 'serve-too', 'redirect']);
  expect(command).toContain('-i nginx --no-redirect ');
});

it('a server that has the files by hand gets the names too; the command says by whom', () => {
  const { authenticator, server, key_type } = saved;
  const { plan, command } = changed(three, { plain: two }, {}, { authenticator, server, key_type });
  expect(plan.renewalParams).toMatchObject({ installer: 'nginx' });
  expect(command).toContain('run --cert-name site -i nginx --no-redirect');
});

it('only the certificate, only names taken out, only addresses, no server that serves it: as before', () => {
  for (const { asked, plan, command } of [changed(three, {}, { 'serve-too': 'no' }), changed(['a.example.org'], {}), changed([...two, '192.0.2.7'], {}, {}, { ...saved, authenticator: 'standalone' }), changed(three, null)]) {
    expect(command).toMatch(/^certwright certonly /);
    expect(command).not.toContain('redirect');
    expect(plan.installation).toBeNull();
    expect(asked).not.toContain('redirect-too');
  }
});
