/** The exceptions of the Prompt API. */

import { AkioError } from '../errors.js';

/** What `QuotaExceededError` is in newer browsers; in others and in Node a `DOMException` of that name. */
export function quotaExceeded(requested: number, quota: number): DOMException {
  const message = `${requested} tokens do not fit into the ${quota} of the context window`;
  const { QuotaExceededError } = globalThis as {
    QuotaExceededError?: new (message: string, options: { requested: number; quota: number }) => DOMException;
  };
  if (QuotaExceededError) return new QuotaExceededError(message, { requested, quota });
  return Object.assign(new DOMException(message, 'QuotaExceededError'), { requested, quota });
}

export function destroyed(): DOMException {
  return new DOMException('this session was destroyed', 'InvalidStateError');
}

/** A fault of the engine as a `DOMException`; its code and message are in `cause`. What is none stays. */
export function fromEngine(error: unknown, name: 'OperationError' | 'UnknownError'): unknown {
  if (!(error instanceof AkioError)) return error;
  return Object.assign(new DOMException(error.message, NAMES[error.code] ?? name), { cause: error });
}

const NAMES: Partial<Record<AkioError['code'], string>> = {
  unsupported: 'NotSupportedError',
  download_failed: 'NetworkError',
  // What the engine cannot keep to.
  bad_constraint: 'NotSupportedError',
  // The model's template takes no such conversation, for example because roles do not alternate.
  bad_template: 'NotSupportedError',
};
