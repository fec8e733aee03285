/** Facts that the person asked to keep. The model adds to them by the tool `remember` alone. */

import type { AgentCall } from './protocol.js';
import type { Fact } from './types.js';

export class Memory {
  readonly #call: (call: AgentCall) => Promise<unknown>;

  /** For `Agent` alone. */
  constructor(call: (call: AgentCall) => Promise<unknown>) {
    this.#call = call;
  }

  /** All facts, in the order in which they were added. */
  async list(): Promise<Fact[]> {
    return (await this.#call({ do: 'facts' })) as Fact[];
  }

  /** Keeps a fact; one that is there already is returned as it is. */
  async add(text: string): Promise<Fact> {
    return (await this.#call({ do: 'add_fact', text })) as Fact;
  }

  /** Deletes a fact, and returns it. */
  async delete(id: number): Promise<Fact> {
    return (await this.#call({ do: 'delete_fact', fact: id })) as Fact;
  }

  /** The facts that have a word of the query, the best first. */
  async search(query: string): Promise<Fact[]> {
    return (await this.#call({ do: 'search_facts', query })) as Fact[];
  }
}
