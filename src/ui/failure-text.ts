import type { ProblemDocument } from '../core/errors.js';
import { printable, printableLine } from '../system/printable.js';

export interface NameFailure {
  name: string;
  problem: ProblemDocument;
  advice?: string;
}

/** The CA's words for each name, in the form certbot's users know, with the likely cause. */
export function failureLines(failures: readonly NameFailure[]): readonly string[] {
  return failures.flatMap(({ name, problem, advice }) => [
    '',
    `  Domain: ${printableLine(name)}`,
    `  Type:   ${printableLine(problem.type.split(':').pop() ?? problem.type)}`,
    `  Detail: ${printableLine(problem.detail, 1000)}`,
    ...problem.subproblems.map((sub) => `          ${sub.identifier ? `${printableLine(sub.identifier.value)}: ` : ''}${printableLine(sub.detail)}`),
    ...(advice === undefined ? [] : [`  Likely: ${printableLine(advice, 1000)}`]),
  ]);
}

/** Message and hint of any failure as lines. */
export function messageLines(message: string, hint: string | undefined): readonly string[] {
  return [...printable(message).split('\n'), ...(hint === undefined ? [] : printable(hint).split('\n'))];
}
