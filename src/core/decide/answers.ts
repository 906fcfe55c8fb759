import type { AnswerValue, QuestionId } from './question.js';

/** What a person (or a flag standing in for one) said to one question. */
export interface Answer {
  id: QuestionId;
  value: AnswerValue;
}
