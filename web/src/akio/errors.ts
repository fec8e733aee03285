/**
 * Codes of {@link AkioError}. They stay the same between versions; messages may change.
 *
 * The first group comes from loading and the worker, the second from the module itself, the third from agents.
 */
export type AkioErrorCode =
  | 'unsupported' // this engine lacks WebAssembly SIMD, workers, or files for an agent's `store`
  | 'download_failed' // the module could not be fetched, or not to its end
  | 'not_wasm' // what was fetched is something else, such as an error page
  | 'bad_module' // a WebAssembly module, but damaged, incomplete or not akio's
  | 'damaged' // a part of the module is not what was published, though fetched twice
  | 'out_of_memory' // this device or tab cannot give the memory the model needs
  | 'worker_failed' // the worker script did not start, or ended
  | 'terminated' // used after terminate()
  | 'trapped' // the module stopped at a fault; load it again
  | 'bad_request' // a parameter that is unknown or out of range
  | 'bad_constraint' // a schema that cannot be kept to, or not within the limit of tokens
  | 'empty_prompt'
  | 'prompt_too_long' // longer than the context
  | 'no_model' // a module that no model was put into
  | 'bad_model' // the model inside the module is damaged
  | 'bad_template' // the model's chat template refuses this conversation
  | 'not_started' // no answer is in progress
  | 'bad_tool' // a tool that is not built in, or whose name or schema cannot be used
  | 'bad_path'
  | 'not_found' // no file of this path, or no fact of this number
  | 'not_text' // a file that is not text
  | 'too_large' // a file or text, or all of them together
  | 'no_value' // a document without a value that the schema requires
  | 'bad_memory' // a memory that is damaged
  | 'store_in_use' // another agent has the store, for example in another tab
  | 'storage_full' // the browser gives no more room; what was stored before is whole
  | 'storage_failed'; // the browser's files cannot be read or written

/** An error with a stable {@link code}. Aborts are not of this kind: they are the signal's own reason. */
export class AkioError extends Error {
  override readonly name = 'AkioError';
  readonly code: AkioErrorCode;
  /** Of `bad_constraint` and `bad_tool`: the JSON pointer to what is wrong with the schema. */
  readonly pointer: string | undefined;

  constructor(code: AkioErrorCode, message: string, options?: ErrorOptions & { pointer?: string | undefined }) {
    super(message, options);
    this.code = code;
    this.pointer = options?.pointer;
  }
}

/** The text of anything that was thrown. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The module throws `Error`s with a `code`; everything else is a fault below it. */
export function fromModule(error: unknown): AkioError {
  if (error instanceof AkioError) return error;
  if (error instanceof WebAssembly.RuntimeError) {
    return new AkioError('trapped', `the module stopped at a fault: ${error.message}`, {
      cause: error,
    });
  }
  if (error instanceof RangeError) {
    return new AkioError('out_of_memory', `not enough memory for the model: ${error.message}`, {
      cause: error,
    });
  }
  const { code, pointer } = error as { code?: unknown; pointer?: string };
  return typeof code === 'string'
    ? new AkioError(code as AkioErrorCode, reason(error), { cause: error, pointer })
    : new AkioError('bad_module', `this is not akio's module: ${reason(error)}`, { cause: error });
}
