/** The JSON that an agent in the module speaks, and what a page asks of one in its worker. */

import type { ChatMessage } from '../protocol.js';
import type { AgentEvent, Call, Permission, WorkProgress } from './types.js';

/** A tool as the module takes it: built in, or done by the page. */
export type ModuleTool =
  | string
  | {
      name: string;
      description: string;
      parameters: object;
      examples?: string[];
      side_effect: boolean;
    };

export interface ModuleAgentOptions {
  /** Context in tokens; the model's own when left out. */
  context?: number;
  tools?: ModuleTool[];
  permission?: Permission;
  max_steps?: number;
  max_tokens?: number;
}

type Timed<E> = E extends { type: 'tool_result' } ? Omit<E, 'milliseconds'> : E;

/** One step of a task, as the module reports it. */
export type ModuleAgentEvent = Timed<AgentEvent> | { type: 'execute'; call: Call };

/** One step towards an answer from the files or a value out of them. */
export type ModuleStep<T> = Progress | { type: 'done'; result: T };

/** How far it is. */
export type Progress = { type: 'progress' } & WorkProgress;

/** What a page hears of an agent; it replies to `approval` and `execute`. */
export type AgentMessage = AgentEvent | { type: 'execute'; call: Call } | Progress;

/** The reply to `execute`. */
export type Provided = { result: string } | { error: string };

export type AgentCall =
  | { do: 'open'; options: ModuleAgentOptions; store: string | undefined }
  | { do: 'run'; task: string }
  | { do: 'ask'; question: string }
  | { do: 'extract'; path: string; schema: object }
  | { do: 'redact'; text: string }
  | { do: 'add_file'; path: string; content: Uint8Array }
  | { do: 'files' }
  | { do: 'read_file'; path: string }
  | { do: 'delete_file'; path: string }
  | { do: 'clear_files' }
  | { do: 'facts' }
  | { do: 'search_facts'; query: string }
  | { do: 'add_fact'; text: string }
  | { do: 'delete_fact'; fact: number }
  | { do: 'conversation' }
  | { do: 'set_conversation'; messages: ChatMessage[] }
  | { do: 'restrict'; permission: Permission }
  | { do: 'close' };
