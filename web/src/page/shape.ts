/** Shapes of JSON that comes from elsewhere. What a shape does not name is left out. */

/** Returns the value in this shape. Throws an error that says what at `path` is wrong. */
export type Shape<T> = (value: unknown, path: string) => T;

export type Of<S> = S extends Shape<infer T> ? T : never;

type Shapes<T> = { [K in keyof T]: Shape<T[K]> };

export const text: Shape<string> = (value, path) => (typeof value === 'string' ? value : fail(path, 'string', value));

export const truth: Shape<boolean> = (value, path) => (typeof value === 'boolean' ? value : fail(path, 'boolean', value));

/** Not negative. */
export const number: Shape<number> = (value, path) =>
  typeof value === 'number' && value >= 0 && value < Infinity ? value : fail(path, 'number', value);

export const anything: Shape<unknown> = (value) => value;

export function oneOf<const T extends string>(...options: T[]): Shape<T> {
  const isOption = (value: unknown): value is T => options.includes(value as T);
  const wanted = options.map((option) => `"${option}"`).join(' or ');
  return (value, path) => (isOption(value) ? value : fail(path, wanted, value));
}

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null ? null : shape(value, path));
}

export function list<T>(item: Shape<T>): Shape<T[]> {
  return (value, path) =>
    Array.isArray(value) ? value.map((each, i) => item(each, `${path}.${i}`)) : fail(path, 'list', value);
}

/** An object whose members have names of their own. */
export function record<T>(member: Shape<T>): Shape<Record<string, T>> {
  return (value, path) =>
    Object.fromEntries(Object.entries(objectAt(value, path)).map(([name, each]) => [name, member(each, `${path}.${name}`)]));
}

export function object<R, O = unknown>(required: Shapes<R>, optional?: Shapes<O>): Shape<R & Partial<O>> {
  return (value, path) => {
    const given = objectAt(value, path);
    const members = [
      ...Object.keys(required),
      ...Object.keys(optional ?? {}).filter((name) => own(given, name) !== undefined),
    ];
    const shapes = { ...required, ...optional } as Record<string, Shape<unknown>>;
    const prefix = path === '' ? '' : `${path}.`;
    return Object.fromEntries(
      members.map((name) => [name, shapes[name]?.(own(given, name), prefix + name)]),
    ) as R & Partial<O>;
  };
}

/** An object of the shape that its member `type` names. */
export function typed<T extends Record<string, Shape<object>>>(shapes: T): Shape<{ [K in keyof T]: { type: K } & Of<T[K]> }[keyof T]> {
  const type = oneOf(...Object.keys(shapes));
  return (value, path) => {
    const name = type(objectAt(value, path)['type'], `${path}.type`);
    return { type: name, ...shapes[name]?.(value, path) } as { [K in keyof T]: { type: K } & Of<T[K]> }[keyof T];
  };
}

/** The member of this name, but none that every object has. */
export function own<T>(members: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function objectAt(value: unknown, path: string): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : fail(path, 'object', value);
}

function fail(path: string, wanted: string, value: unknown): never {
  const kind = Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value;
  const is = kind === 'string' || kind === 'number' ? JSON.stringify(value).slice(0, 80) : kind === 'undefined' ? 'missing' : kind;
  throw new Error(`${path} should be ${wanted} and is ${is}`);
}
