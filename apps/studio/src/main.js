import { render } from 'preact';
import { jsx as _jsx } from 'preact/jsx-runtime';
import { App } from './app.tsx';
import './palette.css';
import './studio.css';
import './chart/chart.css';

const root = document.getElementById('app');
if (root) render(_jsx(App, {}), root);
