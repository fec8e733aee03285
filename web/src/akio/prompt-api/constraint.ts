/** The option `responseConstraint`: what an answer has to be. */

import type { ResponseFormat } from '../protocol.js';
import type { LanguageModelPromptOptions } from './types.js';

export interface ResponseConstraint {
  format: ResponseFormat;
  /** Whether an answer is what was asked for. */
  fits: (answer: string) => boolean;
}

/** Flags that change what an expression matches, and that the engine's expressions do not have. */
const MEANINGFUL_FLAGS = /[ims]/;

/**
 * Throws a `TypeError` for what is neither a JSON Schema nor a regular expression, and a `DOMException`
 * `NotSupportedError` for what cannot be kept to whatever the prompt is.
 */
export function constraintOf(options: LanguageModelPromptOptions, prefix: string): ResponseConstraint | undefined {
  const { responseConstraint: constraint, omitResponseConstraintInput } = options;
  if (constraint === undefined || constraint === null) {
    if (omitResponseConstraintInput) throw new TypeError('omitResponseConstraintInput needs a responseConstraint');
    return undefined;
  }
  if (typeof constraint !== 'object') throw new TypeError('responseConstraint is no JSON Schema and no RegExp');
  if (prefix !== '') throw notSupported('a constraint cannot be combined with a prefix');
  return constraint instanceof RegExp ? expression(constraint) : schema(constraint);
}

function expression({ source, flags }: RegExp): ResponseConstraint {
  if (MEANINGFUL_FLAGS.test(flags)) throw notSupported(`the flags i, m and s are not supported, and this has ${flags}`);
  // Without the flags that make it remember where it was.
  const whole = new RegExp(source, flags.replace(/[gy]/g, ''));
  return { format: { type: 'regex', regex: source }, fits: (answer) => whole.test(answer) };
}

function schema(value: object): ResponseConstraint {
  let copy;
  try {
    copy = JSON.parse(JSON.stringify(value)) as object;
  } catch (error) {
    throw notSupported(`responseConstraint is no JSON: ${String(error)}`);
  }
  return { format: { type: 'json_schema', json_schema: { schema: copy } }, fits: isJson };
}

function isJson(answer: string): boolean {
  try {
    JSON.parse(answer);
    return true;
  } catch {
    return false;
  }
}

function notSupported(message: string): DOMException {
  return new DOMException(message, 'NotSupportedError');
}
