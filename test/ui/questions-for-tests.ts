import type { Question } from '../../src/core/decide/question.js';

const common = { why: 'Because the certificate authority wants to know.', flags: ['--flag'], label: 'Label' };

export const choice: Extract<Question, { kind: 'choice' }> = {
  ...common,
  kind: 'choice',
  id: 'authenticator',
  title: 'How can these names be proved yours?',
  term: 'authenticator',
  choices: [
    { value: 'one', label: 'The first way', hint: 'it fits', flag: '--one' },
    { value: 'two', label: 'The second way', disabled: 'port 80 is taken by nginx (pid 812)' },
    { value: 'three', label: 'The third way' },
    { value: 'four', label: 'The fourth way' },
    { value: 'five', label: 'The fifth way' },
  ],
  recommended: 'one',
};

export const names: Extract<Question, { kind: 'names' }> = {
  ...common,
  kind: 'names',
  id: 'names',
  title: 'Which names should the certificate cover?',
  suggestions: [
    { name: 'shop.example.com', note: 'nginx' },
    { name: 'blog.example.com', note: 'nginx' },
  ],
  initial: [],
};

export const text: Extract<Question, { kind: 'text' }> = { ...common, kind: 'text', id: 'email', title: 'Which e-mail address?', initial: '', optional: true, check: 'email' };
export const secret: Extract<Question, { kind: 'text' }> = { ...common, kind: 'text', id: 'eab-hmac-key', title: 'Which key?', initial: '', optional: false, check: 'nonempty', secret: true };

export const folders: Extract<Question, { kind: 'folders' }> = {
  ...common,
  kind: 'folders',
  id: 'webroots',
  title: 'Which folder?',
  names: ['example.com', 'www.example.com', 'api.example.com'],
  initial: { 'example.com': '/var/www/html', 'www.example.com': '/var/www/html', 'api.example.com': '' },
};
