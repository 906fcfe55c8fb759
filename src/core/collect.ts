import { decide, type Needed } from './decide/decide.js';
import { commandLine } from './decide/command-line.js';
import type { Answer } from './decide/answers.js';
import { namesKey, type Facts } from './decide/facts.js';
import type { Plan } from './decide/plan.js';
import type { Question } from './decide/question.js';
import { NetworkError, PluginError, Refused, UsageError } from './errors.js';
import { back, type Answered, type Interaction } from './interaction.js';
import type { Settings } from './settings.js';

/** Looks things up that a decision turned out to need; returns the facts with them. */
export type LookUp = (facts: Facts, needed: Needed) => Promise<Facts>;

/** What a person has said so far, to go on from. */
export interface Progress {
  answers: readonly Answer[];
  trail: readonly Answered[];
}

/** For another attempt: the last question is asked again. */
export function withoutLast({ answers, trail }: Progress): Progress {
  return { answers: answers.slice(0, -1), trail: trail.slice(0, -1) };
}

export interface Collected {
  plan: Plan;
  progress: Progress;
  /** The words that would have asked nothing. */
  command: readonly string[];
  facts: Facts;
  /** The person wants the sandbox to go first. */
  rehearse: boolean;
}

/**
 * Asks until there is a plan, and shows it when anything was asked. Back drops the last answer and decides again; the
 * dropped answer comes back as what stands in the field. `start` holds answers of an earlier attempt ('change the plan').
 */
export async function collect(settings: Settings, known: Facts, interaction: Interaction, lookUp: LookUp, start: Progress = { answers: [], trail: [] }): Promise<Collected> {
  let facts = known;
  let answers = [...start.answers];
  const trail = [...start.trail];
  const dropped = new Map<string, Answer['value']>();
  const fits = new Map<string, Facts['fits']>();

  const goBack = (): void => {
    const last = answers.pop();
    const asked = trail.pop()?.question;
    if (last && asked) dropped.set(subject(asked), last.value);
  };

  for (;;) {
    let decision;
    try {
      decision = decide(settings, facts, answers);
      if ('lookup' in decision) {
        const { lookup, identifiers } = decision;
        const names = namesKey(identifiers);
        const before = lookup === 'fits' ? fits.get(names) : undefined;
        facts = before ? { ...facts, fits: before } : await lookUp(facts, decision);
        if (lookup === 'fits') fits.set(names, facts.fits);
        continue;
      }
    } catch (error) {
      // A person who has answered gets the last question again with the reason; flags alone are simply wrong.
      if (!(error instanceof UsageError || error instanceof Refused || error instanceof PluginError || (error instanceof NetworkError && answers.at(-1)?.id === 'credentials')) || answers.length === 0) throw error;
      interaction.report({ type: 'log', level: 'warning', message: error.hint ? `${error.message}\n${error.hint}` : error.message });
      const last = trail.at(-1)?.question;
      goBack();
      // Nobody can see what is wrong in a hidden field: it is typed anew.
      if (last?.kind === 'text' && last.secret) dropped.delete(last.id);
      continue;
    }
    const canGoBack = answers.length > 0;
    if ('ask' in decision) {
      const question = decision.ask;
      const initial = dropped.get(subject(question));
      const value = await interaction.ask(question, { canGoBack, trail, ...(initial === undefined ? {} : { initial }) });
      if (value === back) {
        goBack();
        continue;
      }
      answers = [...answers.filter(({ id }) => id !== question.id), { id: question.id, value }];
      trail.push({ question, value, label: question.label, text: answerText(question, value) });
      continue;
    }
    const { plan } = decision;
    const command = commandLine(settings, facts, answers, plan);
    if (answers.length > 0 && (plan.kind === 'obtain' || plan.kind === 'export' || (plan.kind === 'keep' && plan.installation && plan.installation.steps.length > 0))) {
      const choice = await interaction.review(plan, { canGoBack, command, trail });
      if (choice === back) {
        goBack();
        continue;
      }
      return { plan, progress: { answers, trail }, command, facts, rehearse: choice === 'rehearse' };
    }
    return { plan, progress: { answers, trail }, command, facts, rehearse: false };
  }
}

/** What a dropped answer is kept under. */
function subject({ id, about }: Question): string {
  return about === undefined ? id : `${id} ${about}`;
}

/** An answer on one line, for the trail. Secrets are not repeated. */
function answerText(question: Question, value: Answer['value']): string {
  if (question.kind === 'choice') return question.choices.find((choice) => choice.value === value)?.label ?? String(value);
  if (question.kind === 'fields') return question.fields.every(({ secret }) => secret) ? '(hidden)' : question.fields.flatMap(({ key, secret }) => (secret ? [] : ((value as Readonly<Record<string, string>>)[key] ?? ''))).filter((text) => text !== '').join(', ');
  if (question.kind === 'text') return question.secret ? '(hidden)' : String(value) || 'none';
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'string') return value;
  return [...new Set(Object.values(value))].join(', ');
}
