// Entry of the window: connects to the host the page came from, and draws the lab.

import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import 'dockview-react/dist/styles/dockview.css';
import 'uplot/dist/uPlot.min.css';
import './styles.css';
import { createRoot } from 'react-dom/client';
import { createWebBridge } from './bridge/web-bridge.ts';
import { App } from './shell/app.tsx';
import { connectLab } from './state/lab.ts';

connectLab(createWebBridge(new URL(location.href)));
createRoot(document.getElementById('root') as HTMLElement).render(<App />);
