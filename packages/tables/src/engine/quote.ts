/** A name as a SQL identifier, whatever is in it. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text as a SQL literal, for places where parameters are not allowed (file lists, settings). */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
