/** What an agent is told and what it says. */

/** The built-in tools. Those that change something are `edit_file`, `remember` and `write_file`. */
export type BuiltInTool =
  | 'calculate'
  | 'edit_file'
  | 'file_glob_search'
  | 'get_datetime'
  | 'grep_search'
  | 'read_file'
  | 'recall'
  | 'remember'
  | 'search_documents'
  | 'write_file';

/** A tool of the caller's own. */
export interface ToolDefinition {
  /** Letters, digits, `_` and `-`. */
  name: string;
  /** What it does, in a sentence or two. */
  description: string;
  /** JSON Schema of the arguments, an object. */
  inputSchema: object;
  /** Requests that it is right for; the choice of a tool learns from them, and three are a good start. */
  examples?: string[];
  /** Whether it changes anything, so that it needs approval; true when left out. */
  sideEffect?: boolean;
  /** Does it; what it returns or rejects with goes to the model. */
  execute(args: Record<string, unknown>, options: { signal: AbortSignal }): unknown;
}

/** What happens to calls that change something: the `approve` function is asked, or they are made or refused. */
export type Permission = 'ask' | 'allow' | 'deny';

export interface AgentOptions {
  /** What the agent may use; nothing when left out. */
  tools?: (BuiltInTool | ToolDefinition)[];
  /** `'ask'` when left out. */
  permission?: Permission;
  /** Asked about each call that changes something; without it `'ask'` refuses. */
  approve?: (call: Call, options: { signal: AbortSignal }) => boolean | Promise<boolean>;
  /** Most calls for one task: 8 when left out. */
  maxSteps?: number;
  /** Most tokens of an answer: 512 when left out. */
  maxTokens?: number;
  /**
   * Browsers: name of the place in the origin's private files where files and memory are kept; with
   * `false`, the default, they live as long as the agent.
   */
  store?: string | false;
}

/** A call of a tool. */
export interface Call {
  tool: string;
  arguments: Record<string, unknown>;
}

/** A call and what came of it. */
export interface Step extends Call {
  /** It changes nothing, was approved, or was not approved. */
  decision: 'granted' | 'approved' | 'denied';
  /** What the tool said, or its error. */
  result: string;
  failed: boolean;
}

/** Where something stands. */
export interface Citation {
  file: string;
  /** From 1. */
  start_line: number;
  end_line: number;
  /** The lines. */
  passage: string[];
}

/** A fact that the person asked to keep. */
export interface Fact {
  id: number;
  /** UTC, RFC 3339. */
  time: string;
  text: string;
}

export type AgentEvent =
  /** Tokens read of a prompt; both 0 while the model writes a call. */
  | { type: 'progress'; done: number; total: number }
  | { type: 'token'; text: string }
  | { type: 'tool_call'; call: Call }
  /** The person is asked about the call. */
  | { type: 'approval'; call: Call }
  | { type: 'tool_result'; step: Step; milliseconds: number }
  | { type: 'citation'; citation: Omit<Citation, 'passage'> }
  | { type: 'memory'; text: string }
  /** Something did not fit into the context and was cut. */
  | { type: 'overflow' }
  | { type: 'done'; outcome: Outcome };

/** The end of a task. */
export interface Outcome {
  answer: string;
  steps: Step[];
  finish_reason: 'stop' | 'length' | 'context' | 'steps';
  prompt_tokens: number;
  completion_tokens: number;
}

/** An answer from documents. */
export interface Answer {
  answer: string;
  /** Whether the documents say it. */
  found: boolean;
  citations: Citation[];
}

/** Values of a schema out of one document. */
export interface Extraction {
  file: string;
  values: Record<string, unknown>;
  /** For each value that stands in the document, where. */
  spans: Record<string, { line: number; text: string }[]>;
}

/** A text with masks in the place of what is personal. */
export interface Redaction {
  text: string;
  /** Places in the text that was given, in UTF-16 code units. */
  spans: { kind: string; start: number; end: number; line: number }[];
}

/** A file that the agent sees. */
export interface AgentFile {
  /** Path with `/` between folders. */
  path: string;
  bytes: number;
}

/** What may be given as a file. */
export type FileInput = File | { path: string; content: string | Uint8Array };

export interface AddOptions {
  signal?: AbortSignal;
  /** Hears of each file before it is read. */
  onProgress?: (progress: { done: number; total: number; path: string }) => void;
}

/** What became of files that were given. */
export interface Added {
  added: AgentFile[];
  left_out: { path: string; reason: string }[];
}

export interface WorkOptions {
  signal?: AbortSignal;
  onProgress?: (progress: WorkProgress) => void;
}

/** How far it is: files that were read, passages that were weighed, properties that were decided. */
export interface WorkProgress {
  phase: 'read' | 'weigh' | 'extract';
  done: number;
  total: number;
}
