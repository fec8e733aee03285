/** The list of conversations: found, renamed, exported and deleted. On a narrow screen it is a drawer. */

import type { Conversation } from './conversation.js';
import type { Database } from './database.js';
import { confirmed } from './dialogs.js';
import { byId, iconButton } from './dom.js';
import { openMenu } from './menu.js';

const sidebar = byId('sidebar', HTMLElement);
const page = byId('page', HTMLDivElement);
const toggle = byId('sidebar-toggle', HTMLButtonElement);
const scrim = byId('scrim', HTMLDivElement);
const search = byId('search', HTMLInputElement);
const list = byId('conversations', HTMLDivElement);
const menu = byId('conversation-menu', HTMLDivElement);
const narrow = matchMedia('(width < 50rem)');

const SEARCH_DELAY = 120;
const DAY = 24 * 60 * 60 * 1000;

export interface SidebarActions {
  export(id: string): void;
  failed(error: unknown): void;
}

export class Sidebar {
  readonly #database: Database;
  readonly #actions: SidebarActions;
  #current: string | undefined;
  #isAnswering: (id: string) => boolean = () => false;
  /** The conversation that the menu is for. */
  #chosen: Conversation | undefined;
  #shown = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(database: Database, actions: SidebarActions) {
    this.#database = database;
    this.#actions = actions;
    toggle.addEventListener('click', () => this.toggle());
    scrim.addEventListener('click', () => this.close());
    narrow.addEventListener('change', () => setOpen(!narrow.matches));
    search.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.refresh(), SEARCH_DELAY);
    });
    menu.addEventListener('click', ({ target }) => {
      const { action } = (target as HTMLElement).closest('button')?.dataset ?? {};
      menu.hidePopover();
      if (this.#chosen && action) void this.#act(action, this.#chosen);
    });
    // A conversation was chosen.
    list.addEventListener('click', ({ target }) => {
      if (target instanceof Element && target.closest('a')) this.close();
    });
    setOpen(!narrow.matches);
  }

  /** Shows which conversation is open, and which are being answered. */
  mark(current: string | undefined, isAnswering: (id: string) => boolean): void {
    this.#current = current;
    this.#isAnswering = isAnswering;
    void this.refresh();
  }

  async refresh(): Promise<void> {
    const wanted = search.value.trim();
    let conversations: Conversation[] = [];
    let excerpts = new Map<string, string>();
    try {
      conversations = await this.#database.list();
      if (wanted !== '') {
        const hits = await this.#database.search(wanted);
        excerpts = new Map(hits.map(({ conversation, excerpt }) => [conversation, excerpt]));
        const isFound = ({ id, title }: Conversation): boolean =>
          excerpts.has(id) || title.toLowerCase().includes(wanted.toLowerCase());
        conversations = conversations.filter(isFound);
      }
    } catch {
      list.replaceChildren(note('This browser keeps no conversations for this page.'));
      this.#shown = '';
      return;
    }
    if (wanted === search.value.trim()) this.#draw(conversations, excerpts, wanted);
  }

  get isOpen(): boolean {
    return toggle.ariaExpanded === 'true';
  }

  toggle(): void {
    setOpen(!this.isOpen);
    if (this.isOpen && narrow.matches) search.focus();
  }

  /** Closes the drawer; beside the conversation there is room for the list. */
  close(): void {
    if (!narrow.matches || !this.isOpen) return;
    setOpen(false);
    toggle.focus();
  }

  focusSearch(): void {
    setOpen(true);
    search.focus();
    search.select();
  }

  #draw(conversations: Conversation[], excerpts: Map<string, string>, wanted: string): void {
    const rows = conversations.map((conversation) => ({
      conversation,
      group: wanted === '' ? ageOf(conversation.updated) : 'Found',
      excerpt: excerpts.get(conversation.id),
      current: conversation.id === this.#current,
      answering: this.#isAnswering(conversation.id),
    }));
    const shown = JSON.stringify([wanted, rows.map(({ conversation: { id, title }, ...row }) => ({ id, title, ...row }))]);
    if (shown === this.#shown || list.querySelector('input')) return;
    this.#shown = shown;
    const focused = list.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset['key'] : undefined;
    const content: HTMLElement[] = [];
    let items: HTMLUListElement | undefined;
    let group = '';
    for (const row of rows) {
      if (row.group !== group || !items) {
        group = row.group;
        const heading = document.createElement('h2');
        heading.textContent = group;
        heading.id = `group-${content.length}`;
        items = document.createElement('ul');
        items.setAttribute('aria-labelledby', heading.id);
        content.push(heading, items);
      }
      items.append(this.#row(row.conversation, row.current, row.answering, row.excerpt));
    }
    if (content.length === 0) {
      content.push(note(wanted === '' ? 'Your conversations will be here. They stay on this device.' : `Nothing has “${wanted}”.`));
    }
    list.replaceChildren(...content);
    if (focused) list.querySelector<HTMLElement>(`[data-key="${focused}"]`)?.focus();
  }

  #row(conversation: Conversation, current: boolean, answering: boolean, excerpt?: string): HTMLElement {
    const { id, title } = conversation;
    const item = document.createElement('li');
    const link = document.createElement('a');
    link.href = `#${id}`;
    link.dataset['key'] = id;
    if (current) link.setAttribute('aria-current', 'page');
    const name = document.createElement('span');
    name.className = 'title';
    name.textContent = title;
    link.append(name);
    link.title = title;
    if (excerpt !== undefined) {
      const found = document.createElement('span');
      found.className = 'excerpt';
      found.textContent = excerpt;
      link.append(found);
    }
    if (answering) {
      const dot = document.createElement('span');
      dot.className = 'answering';
      dot.role = 'img';
      dot.ariaLabel = 'is being answered';
      link.append(dot);
    }
    const more = iconButton('more', `Options for ${title}`, () => {
      this.#chosen = conversation;
      openMenu(menu, more);
    });
    more.dataset['key'] = `more ${id}`;
    item.append(link, more);
    return item;
  }

  async #act(action: string, conversation: Conversation): Promise<void> {
    try {
      if (action === 'rename') this.#rename(conversation);
      if (action === 'export') this.#actions.export(conversation.id);
      if (action === 'delete') {
        const text = `“${conversation.title}” and all its messages will be gone.`;
        if (await confirmed('Delete this conversation?', text, 'Delete')) await this.#database.remove(conversation.id);
      }
    } catch (error) {
      this.#actions.failed(error);
    }
  }

  #rename({ id, title }: Conversation): void {
    const link = list.querySelector<HTMLElement>(`[data-key="${id}"]`);
    if (!link) return;
    const field = document.createElement('input');
    field.ariaLabel = 'Title of the conversation';
    field.value = title;
    field.maxLength = 200;
    let done = false;
    const finish = async (keep: boolean): Promise<void> => {
      if (done) return;
      done = true;
      const changed = field.value.trim();
      field.replaceWith(link);
      link.focus();
      if (keep && changed !== '' && changed !== title) {
        await this.#database.rename(id, changed).catch((error: unknown) => this.#actions.failed(error));
      }
      await this.refresh();
    };
    field.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Enter' && !event.isComposing) void finish(true);
      if (event.key === 'Escape') void finish(false);
    });
    field.addEventListener('blur', () => void finish(true));
    link.replaceWith(field);
    field.select();
  }
}

function setOpen(open: boolean): void {
  toggle.ariaExpanded = String(open);
  toggle.ariaLabel = open ? 'Close the list of conversations' : 'Open the list of conversations';
  toggle.title = toggle.ariaLabel;
  document.documentElement.dataset['sidebar'] = open ? 'open' : 'closed';
  const drawer = open && narrow.matches;
  scrim.hidden = !drawer;
  sidebar.inert = !open;
  page.inert = drawer;
}

function ageOf(time: number): string {
  const midnight = new Date().setHours(0, 0, 0, 0);
  if (time >= midnight) return 'Today';
  if (time >= midnight - DAY) return 'Yesterday';
  if (time >= midnight - 7 * DAY) return 'Last seven days';
  return new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric' }).format(time);
}

function note(text: string): HTMLElement {
  const paragraph = document.createElement('p');
  paragraph.className = 'note';
  paragraph.textContent = text;
  return paragraph;
}
