import type { Feature } from '../../frame/feature.ts';
import { to } from '../../frame/route.ts';
import { ask } from '../../frame/use-query.ts';
import { ExtensionPage } from './panels.tsx';

/** The pages that plugins add. */
export const extensions: Feature = {
  section: 'extensions',
  title: 'Extensions',
  page: ([name]) => <ExtensionPage name={name} />,
  async places() {
    const { panels } = await ask('panel.list', {});
    return panels
      .filter(({ on }) => on === 'page')
      .map(({ name, title }) => ({ name: title, kind: 'page', href: to('extensions', name) }));
  },
};
