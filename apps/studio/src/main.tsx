import { render } from 'preact';
import { App } from './app.tsx';
import { keepLive } from './frame/live.ts';
import './palette.css';
import './studio.css';
import './chart/chart.css';

const root = document.getElementById('app');
if (root) {
  render(<App />, root);
  keepLive();
}
