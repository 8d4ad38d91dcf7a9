/**
 * The pure part of the kernel: what operations, plugins, events and errors are. Nothing that it loads needs Node, so pages
 * and clients may import it; `npm run floors` holds that.
 */
export * from './access/principal.ts';
export * from './config/nearest-name.ts';
export * from './config/section.ts';
export * from './error/invariant.ts';
export * from './error/issue-words.ts';
export * from './error/json-place.ts';
export * from './error/lost-number.ts';
export * from './error/problem.ts';
export * from './error/shell-word.ts';
export * from './error/surface.ts';
export * from './error/trestle-error.ts';
export * from './event/event-kind.ts';
export * from './event/journal.ts';
export * from './event/lineage-edge.ts';
export * from './event/operation-events.ts';
export * from './host/pause.ts';
export * from './job/job-store.ts';
export * from './operation/context.ts';
export * from './operation/operation.ts';
export * from './operation/text-input.ts';
export * from './operation/view.ts';
export * from './plugin/extension-point.ts';
export * from './plugin/plugin.ts';
export * from './plugin/plugins-token.ts';
export * from './plugin/subscribe.ts';
export * from './plugin/token.ts';
export * from './record.ts';
