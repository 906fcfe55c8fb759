/** What a text must be; a secret is taken as it is. */
interface Wanted {
  secret?: boolean;
  optional?: boolean;
  check?: 'email' | 'nonempty';
}

/** Why this text cannot be the answer, in one sentence; null when it can. */
export function textProblem(question: Wanted, text: string): string | null {
  const value = question.secret ? text : text.trim();
  if (value === '') return question.optional ? null : 'This is needed to go on.';
  if (/[\u0000-\u001f\u007f]/.test(value)) return 'It contains characters that cannot be typed on purpose.';
  if (question.check === 'email' && value.split(',').some((address) => !/^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/.test(address.trim()))) return `${value} does not look like an e-mail address.`;
  return null;
}
