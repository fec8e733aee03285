/** What a person wants to know of each file, as a JSON Schema and as the rows of a form. */

export interface Field {
  name: string;
  kind: string;
  description: string;
}

export type Schema = Record<string, unknown> & { properties: object };

const KINDS: Record<string, object> = {
  text: { type: ['string', 'null'] },
  number: { type: ['number', 'null'] },
  integer: { type: ['integer', 'null'] },
  date: { type: ['string', 'null'], format: 'date' },
  email: { type: ['string', 'null'], format: 'email' },
  boolean: { type: ['boolean', 'null'] },
  list: { type: 'array', items: { type: 'string' } },
};

/** Each value may be missing in a file: it is null rather than a guess. */
export function schemaOf(fields: Field[]): Schema {
  const properties: Record<string, object> = {};
  for (const { name, kind, description } of fields) {
    properties[name] = { ...KINDS[kind], ...(description !== '' && { description }) };
  }
  return { type: 'object', properties, required: Object.keys(properties) };
}

/** The schema that a text is. Throws an error that says what is wrong. */
export function parseSchema(text: string): Schema {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    throw new Error(`The schema is not JSON: ${(error as Error).message}.`);
  }
  const { properties } = (schema ?? {}) as { properties?: unknown };
  if (typeof properties !== 'object' || properties === null || Object.keys(properties).length === 0) {
    throw new Error('The schema needs “properties”, one for each value.');
  }
  return schema as Schema;
}
