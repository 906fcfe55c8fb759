import { shellQuote } from '../core/decide/command-line.js';
import { reasonWords } from '../core/decide/renewal-reason.js';
import type { Hindrance, WhyReport } from '../core/decide/why.js';
import { printableLine } from '../system/printable.js';
import { localMinute } from './schedule-text.js';

const RULES = { third: 'a third of its life is left then', half: 'half of its short life is left then', renew_before_expiry: 'as renew_before_expiry in its renewal file says' } as const;
const SOURCES = { flag: 'this command line', file: 'cli.ini', answered: 'your answer', inherited: 'its renewal file', default: 'default' } as const;

/** The report of `why` in words: the answer first, then what stands in the way, then everything that counts. */
export function whyLines(report: WhyReport): readonly string[] {
  const { advice, hooks } = report;
  const lines = [`${report.name}: ${report.names.map((name) => printableLine(name)).join(', ')}`, '', `  ${answer(report)}`, ''];
  for (const hindrance of report.hindrances) lines.push(`  ${hindranceText(hindrance)}`, `    To change that: ${shellQuote(hindrance.change)}`);
  if (report.hindrances.length > 0) lines.push('');
  lines.push(labelled('Valid until', localMinute(report.notAfter)));
  if (advice) {
    lines.push(labelled('The CA', `suggests to renew between ${localMinute(advice.start)} and ${localMinute(advice.end)}; drawn for this certificate: ${localMinute(advice.moment)}`));
    if (advice.explanation !== undefined) lines.push(labelled('', `because ${printableLine(advice.explanation)}`));
  }
  if (report.askAgain !== null) lines.push(labelled(advice ? '' : 'The CA', `is asked again after ${printableLine(report.askAgain).replace('T', ' ')}`));
  if (report.partner) lines.push(labelled('Pair', pairText(report, report.partner)));
  if (report.job) lines.push(labelled('Started by', `${report.job.name}${report.job.next === undefined ? '' : `, next ${localMinute(report.job.next)}`}`));
  for (const [label, commands] of [['Before', hooks.pre], ['After each', hooks.deploy], ['At the end', hooks.post]] as const) commands.forEach((command, index) => lines.push(labelled(index === 0 ? label : '', printableLine(command))));
  lines.push('', '  Options of its renewal, and where they come from:');
  for (const { name, value, source } of report.options) lines.push(`    ${name} = ${printableLine(value)}   (${SOURCES[source]})`);
  return lines;
}

function answer({ now, next, partner, hindrances }: WhyReport): string {
  const stops = hindrances.find(({ what }) => what !== 'no-schedule');
  if (stops?.what === 'autorenew-off') return 'It will not be renewed.';
  if (stops) return 'It cannot be renewed by itself.';
  const unless = hindrances.length > 0 ? ', if somebody starts `renew`' : '';
  if (now !== null) return `It is renewed at the next \`renew\`${unless}: ${reasonWords[now]}.`;
  if (partner?.now) return `It is renewed at the next \`renew\`${unless}, along with its partner ${printableLine(partner.name)}: ${reasonWords[partner.now]}.`;
  if (!next) return 'It will not be renewed.';
  const along = partner?.next && partner.next.at < next.at ? partner.next : null;
  const { at, by, rule } = along ?? next;
  return `It will be renewed at the first \`renew\` after ${localMinute(at)}${unless}${along ? `, along with its partner ${printableLine(partner?.name ?? '')}` : ''}: ${by === 'advised' ? 'the moment its certificate authority asks for' : RULES[rule]}.`;
}

/** The other half, and which of the two decides when. */
function pairText({ now, next }: WhyReport, partner: NonNullable<WhyReport['partner']>): string {
  const name = printableLine(partner.name);
  if (!partner.next) return `${name} has the same names and a key of the other type; its renewal file says autorenew = False`;
  if (!next) return `${name} has the same names and a key of the other type; it is renewed without this one`;
  const first = now === null && (partner.now !== null || partner.next.at < next.at) ? `due first, ${partner.now === null ? `after ${localMinute(partner.next.at)}` : 'now'}` : 'not due before it';
  return `${name} has the same names and a key of the other type and is renewed along with it; by itself it is ${first}`;
}

function hindranceText({ what, detail }: Hindrance): string {
  switch (what) {
    case 'autorenew-off':
      return 'Its renewal file says autorenew = False.';
    case 'by-hand':
      return 'Its answers were placed by hand: without scripts for that nobody can renew it unattended.';
    case 'no-authenticator':
      return 'Its renewal file does not say how its names are proved.';
    case 'plugin-missing':
      return `Its names were proved by the ${printableLine(detail ?? '')} plugin, which is not here.`;
    case 'no-schedule':
      return 'Nothing on this machine starts `renew` for it.';
  }
}

function labelled(label: string, value: string): string {
  return `  ${label.padEnd(12)} ${value}`;
}
