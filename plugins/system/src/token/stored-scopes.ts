import { readStored, type Stored } from '@trestle/store';
import { z } from 'zod';

/** What a token may do, as it is kept. What cannot be read allows nothing. */
export const storedScopes = (text: string): Stored<string[]> => readStored(z.array(z.string()), text);
