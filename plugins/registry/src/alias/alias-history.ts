import type { Selectable } from 'kysely';
import type { RegistryTables } from '../registry-tables.ts';

export type AliasMove = Selectable<RegistryTables['model_alias_moves']>;

/**
 * The versions that an alias would return to, the current one last: a promotion adds one, a rollback takes one off. So a
 * second rollback goes further back instead of forth again.
 */
export function standing(moves: readonly Pick<AliasMove, 'kind' | 'version'>[]): readonly number[] {
  const stack: number[] = [];
  for (const move of moves) {
    if (move.kind === 'promoted') stack.push(move.version);
    else stack.pop();
  }
  return stack;
}
