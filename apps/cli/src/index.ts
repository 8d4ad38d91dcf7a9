export { endOnClosedPipe, main } from './main.ts';
