/** Tools and their calls in words. */

import type { Call } from '../../akio/agent/types.js';
import { own } from '../shape.js';

/** What a call does and has done; in the place of the dots comes the argument that says the most about it. */
const TOOLS = {
  calculate: { of: 'expression', does: 'calculate …', did: 'Calculated …' },
  edit_file: { of: 'path', does: 'change the file …', did: 'Changed the file …' },
  file_glob_search: { of: 'include', does: 'look for files …', did: 'Looked for files …' },
  get_datetime: { of: 'offset', does: 'look at the clock …', did: 'Looked at the clock …' },
  grep_search: { of: 'pattern', does: 'search the files for “…”', did: 'Searched the files for “…”' },
  read_file: { of: 'path', does: 'read the file …', did: 'Read the file …' },
  recall: { of: 'query', does: 'look in the memory for “…”', did: 'Looked in the memory for “…”' },
  remember: { of: 'fact', does: 'remember “…”', did: 'Remembered “…”' },
  search_documents: { of: 'query', does: 'look in the files for “…”', did: 'Looked in the files for “…”' },
  write_file: { of: 'path', does: 'write the file …', did: 'Wrote the file …' },
};

/** What a call has done, or would have done where it was not made. */
export function deed(call: Call, made: boolean): string {
  const { of, does, did } = known(call);
  return fill(made ? did : `${does.charAt(0).toUpperCase()}${does.slice(1)}`, own(call.arguments, of));
}

/** The call as a question. */
export function wish(call: Call): string {
  const { of, does } = known(call);
  return `May I ${fill(does, own(call.arguments, of))}?`;
}

/** The arguments of a call by their names, the path first; of an edit both texts. */
export function details({ arguments: given }: Call): [string, string][] {
  const names = Object.keys(given).sort((a, b) => Number(b === 'path') - Number(a === 'path'));
  return names.flatMap((name): [string, string][] => {
    const value = own(given, name);
    if (name !== 'edits' || !Array.isArray(value)) return [[name.replaceAll('_', ' '), text(value)]];
    return value.flatMap(({ old_text, new_text }): [string, string][] => [
      ['replace', text(old_text)],
      ['by', text(new_text)],
    ]);
  });
}

function known({ tool }: Call): { of: string; does: string; did: string } {
  return own<{ of: string; does: string; did: string }>(TOOLS, tool) ?? { of: '', does: `use ${tool}`, did: `Used ${tool}` };
}

function fill(words: string, argument: unknown): string {
  return argument === undefined ? words.replace(/( for)? “?…”?/, '') : words.replace('…', () => text(argument));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '');
}
