import type { View } from '@trestle/kernel';
import type { DoctorOutput } from './doctor.ts';

const size = (bytes: number | undefined): string | null =>
  bytes === undefined
    ? null
    : bytes >= 2 ** 30
      ? `${(bytes / 2 ** 30).toFixed(1)} GiB`
      : `${(bytes / 2 ** 20).toFixed(1)} MiB`;

export function doctorViews({
  ok,
  node,
  devices,
  cpu,
  store,
  plugins,
  problems,
}: DoctorOutput): readonly View[] {
  const features = Object.entries(cpu.wasm).map(([name, has]) => (has ? name : `no ${name}`));
  return [
    {
      kind: 'facts',
      title: 'Runtime',
      facts: [
        ['node', `${node.version} (${node.required} needed)`],
        ['platform', node.platform],
        ['threads', cpu.threads],
        ['wasm', features.join(', ')],
      ],
    },
    {
      kind: 'table',
      title: 'Devices',
      columns: [
        { key: 'name', label: 'device' },
        { key: 'available', label: 'usable' },
        { key: 'description', label: 'what' },
      ],
      rows: devices,
    },
    {
      kind: 'facts',
      title: 'Store',
      facts: [
        ['location', store.location],
        ['engine', store.engine ?? null],
        ['metadata', size(store.metadataBytes)],
        [
          'blobs',
          store.blobs
            ? `${store.blobs.count}, ${size(store.blobs.bytes)}, as ${store.blobs.engine} in ${store.blobs.location}`
            : null,
        ],
        ['free', size(store.freeBytes)],
        ['in reserve', size(store.reserveBytes)],
        [
          'audit log',
          store.audit ? `${store.audit.ok ? 'whole' : 'BROKEN'}, ${store.audit.events} events` : null,
        ],
        ['audit head', store.audit?.head ?? null],
      ],
    },
    {
      kind: 'table',
      title: 'Plugins',
      columns: [
        { key: 'name', label: 'plugin' },
        { key: 'version', label: 'version' },
        { key: 'operations', label: 'operations' },
        { key: 'replaces', label: 'in place of' },
      ],
      rows: plugins.map((plugin) => ({ ...plugin, replaces: plugin.replaces.join(', ') })),
    },
    ...problems.map(
      ({ severity, what, hint }): View => ({
        kind: 'note',
        tone: severity === 'error' ? 'bad' : 'warn',
        text: [what, hint].filter(Boolean).join(' '),
      }),
    ),
    ok
      ? { kind: 'note', tone: 'good', text: 'Everything that Trestle needs works.' }
      : { kind: 'note', tone: 'bad', text: 'Something that Trestle needs does not work.' },
  ];
}
