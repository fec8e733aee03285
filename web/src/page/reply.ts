/** An answer of the model alone, drawn as the settings say. */

import type { ChatMessage } from '../akio/index.js';
import type { Writing } from './chat.js';
import { append, type Message, textOf } from './conversation.js';
import { sampling, systemMessages } from './settings.js';

export async function reply({ akio, path, answer, signal, grew, progress }: Writing): Promise<void> {
  const clock = new Clock();
  let read: number | undefined;
  const stream = await akio.chat.completions.create(
    {
      messages: [...systemMessages(), ...toRequest(path)],
      ...sampling(),
      stream: true,
      stream_options: { include_usage: true },
    },
    {
      signal,
      onNotice: (notice) => {
        if (notice.type === 'overflow') return progress({ type: 'overflow' });
        read = notice.total;
        progress({ ...notice, type: 'reading' });
      },
    },
  );
  const context = akio.info.context;
  for await (const { choices, usage, timings } of stream) {
    const [choice] = choices;
    if (choice?.delta.content) {
      append(answer, choice.delta.content);
      const written = clock.tick();
      grew();
      progress({ type: 'writing', speed: clock.speed, used: read && read + written, context });
    }
    if (choice?.finish_reason) answer.end = choice.finish_reason === 'length' ? 'limit' : 'done';
    if (usage && timings) {
      const used = usage.total_tokens;
      if (answer.end === 'limit' && used >= context) answer.end = 'context';
      progress({ type: 'writing', speed: timings.predicted_per_second, used, context });
    }
  }
}

/** Messages as the model reads them. */
export function toRequest(path: Message[]): ChatMessage[] {
  return path.map((message) => ({ role: message.role, content: textOf(message) }));
}

/** Tokens a second of an answer in progress. */
class Clock {
  #first = 0;
  #count = 0;

  /** Counts a token. */
  tick(): number {
    if (this.#count === 0) this.#first = performance.now();
    return ++this.#count;
  }

  get speed(): number {
    const seconds = (performance.now() - this.#first) / 1000;
    return seconds > 0 ? (this.#count - 1) / seconds : 0;
  }
}
