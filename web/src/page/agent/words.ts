/** Tools and their calls in words. */

import type { Call } from '../../akio/agent/types.js';

/** What a step was, which argument says the most about it, and what it would be. */
const TOOLS: Record<string, { did: string; of: string; may: string }> = {
  calculate: { did: 'Calculated', of: 'expression', may: 'calculate' },
  edit_file: { did: 'Changed the file', of: 'path', may: 'change the file' },
  file_glob_search: { did: 'Looked for files', of: 'include', may: 'look for files' },
  get_datetime: { did: 'Looked at the clock', of: 'offset', may: 'look at the clock' },
  grep_search: { did: 'Searched the files for', of: 'pattern', may: 'search the files for' },
  read_file: { did: 'Read the file', of: 'path', may: 'read the file' },
  recall: { did: 'Looked in the memory for', of: 'query', may: 'look in the memory for' },
  remember: { did: 'Remembered', of: 'fact', may: 'remember' },
  search_documents: { did: 'Looked in the files for', of: 'query', may: 'look in the files for' },
  write_file: { did: 'Wrote the file', of: 'path', may: 'write the file' },
};

/** What the call does, once it is made. */
export function deed({ tool, arguments: given }: Call): string {
  const { did, of } = TOOLS[tool] ?? { did: tool, of: '' };
  return `${did} ${text(given[of])}`.trim();
}

/** The call as a question. */
export function wish({ tool, arguments: given }: Call): string {
  const { may, of } = TOOLS[tool] ?? { may: `use ${tool}`, of: '' };
  return `May I ${`${may} ${text(given[of])}`.trim()}?`;
}

/** The arguments of a call, by their names. */
export function details({ arguments: given }: Call): [string, string][] {
  return Object.entries(given).map(([name, value]) => [name.replaceAll('_', ' '), text(value)]);
}

function text(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
