/** The conversation of a session: what the model has to know for the next answer, and how much room it takes. */

import type { Client } from '../client.js';
import type { ChatCompletionParams } from '../completions.js';
import type { ChatMessage } from '../protocol.js';
import type { ResponseConstraint } from './constraint.js';
import { quotaExceeded } from './errors.js';
import { type CanonicalPrompt, isSystem, misplacedSystem } from './prompt.js';

/** Most tokens of an answer. */
const MAX_ANSWER = 1024;

type Params = Pick<ChatCompletionParams, 'top_k' | 'temperature'>;

export class Conversation {
  /** Most tokens of a conversation: what templates and the default system message take is set aside. */
  readonly window: number;
  readonly #client: Client;
  readonly #params: Params;
  /** Never evicted. */
  readonly #initial: ChatMessage[];
  #turns: ChatMessage[] = [];
  #usage = 0;

  private constructor(client: Client, window: number, initial: ChatMessage[], params: Params) {
    this.#client = client;
    this.window = window;
    this.#initial = initial;
    this.#params = params;
  }

  /** Throws a `QuotaExceededError` if the initial messages do not fit. */
  static async open(client: Client, initial: ChatMessage[], params: Params): Promise<Conversation> {
    await revive(client);
    const window = client.info.context - (await client.countTokens([])) - 1;
    const conversation = new Conversation(client, window, initial, params);
    conversation.#usage = await conversation.measure(initial);
    if (conversation.#usage > window) throw quotaExceeded(conversation.#usage, window);
    return conversation;
  }

  /** Another with the same messages. */
  copy(): Conversation {
    const copy = new Conversation(this.#client, this.window, this.#initial, this.#params);
    copy.#turns = this.#turns;
    copy.#usage = this.#usage;
    return copy;
  }

  /** Tokens of the conversation so far. */
  get usage(): number {
    return this.#usage;
  }

  /** Tokens that messages take. */
  async measure(messages: ChatMessage[]): Promise<number> {
    await revive(this.#client);
    const [first] = messages;
    if (first === undefined) return 0;
    const empty: ChatMessage[] = isSystem(first) ? [{ role: 'system', content: '' }] : [];
    const [all, frame] = await Promise.all([messages, empty].map((list) => this.#client.countTokens(list)));
    return (all as number) - (frame as number);
  }

  /** Adds messages. Throws a `QuotaExceededError` if they do not fit; `onOverflow` hears of turns left out. */
  async append(prompt: CanonicalPrompt, onOverflow: () => void): Promise<void> {
    const added = whole(prompt);
    const turns = await this.#makeRoom(added, onOverflow);
    await this.#keep([...turns, ...added]);
  }

  /**
   * Answers a prompt, and keeps both when the answer is complete. If the window is full before that, the
   * oldest turns are left out, of which `onOverflow` hears, and the answer goes on. An answer under a
   * constraint is complete before that; where it is not what was asked for, a `SyntaxError` says so.
   */
  async *answer(
    prompt: CanonicalPrompt,
    constraint: ResponseConstraint | undefined,
    onOverflow: () => void,
    signal: AbortSignal,
  ): AsyncGenerator<string, void> {
    let turns = await this.#makeRoom(whole(prompt), onOverflow);
    let answer = prompt.prefix;
    for (let left = MAX_ANSWER; left > 0; ) {
      const stream = await this.#client.chat.completions.create(
        {
          ...this.#params,
          messages: [...this.#initial, ...turns, ...prompt.messages],
          prefix: answer,
          ...(constraint && { response_format: constraint.format }),
          max_tokens: left,
          stream: true,
          stream_options: { include_usage: true },
        },
        { signal },
      );
      let isFull = false;
      for await (const { choices, usage } of stream) {
        const piece = choices[0]?.delta.content;
        if (piece) {
          answer += piece;
          yield piece;
        }
        if (choices[0]?.finish_reason === 'stop') left = 0;
        if (usage) {
          left -= usage.completion_tokens;
          isFull = usage.total_tokens >= this.#client.info.context - 1;
        }
      }
      const fewer = isFull && left > 0 ? withoutOldest(turns) : undefined;
      if (fewer === undefined) break;
      turns = fewer;
      onOverflow();
    }
    if (constraint && !constraint.fits(answer)) {
      throw new DOMException('the answer is not what responseConstraint asks for', 'SyntaxError');
    }
    await this.#keep([...turns, ...prompt.messages, { role: 'assistant', content: answer }]);
  }

  /** The turns that can stay when `added` comes to them. */
  async #makeRoom(added: ChatMessage[], onOverflow: () => void): Promise<ChatMessage[]> {
    const begun = this.#initial.length + this.#turns.length > 0;
    if (begun && added.some(isSystem)) throw misplacedSystem();
    const requested = await this.measure(added);
    let turns = this.#turns;
    let usage = this.#usage;
    while (usage + requested > this.window) {
      const fewer = withoutOldest(turns);
      if (fewer === undefined) throw quotaExceeded(usage + requested, this.window);
      turns = fewer;
      usage = await this.measure([...this.#initial, ...turns]);
    }
    if (turns !== this.#turns) onOverflow();
    return turns;
  }

  async #keep(turns: ChatMessage[]): Promise<void> {
    this.#usage = await this.measure([...this.#initial, ...turns]);
    this.#turns = turns;
  }
}

/** The messages with the beginning of the answer as one of them. */
function whole({ messages, prefix }: CanonicalPrompt): ChatMessage[] {
  return prefix === '' ? messages : [...messages, { role: 'assistant', content: prefix }];
}

/** Leaves out the oldest user message with what was answered; undefined if there is nothing to leave out. */
function withoutOldest(turns: ChatMessage[]): ChatMessage[] | undefined {
  if (turns.length === 0) return undefined;
  const next = turns.findIndex(({ role }, i) => i > 0 && role === 'user');
  return next < 0 ? [] : turns.slice(next);
}

/** Starts the engine again if its worker is gone: the conversation is here. */
async function revive(client: Client): Promise<void> {
  if (client.fault) await client.restart();
}
