/** @file Where the page begins. */

import { startApp } from './app.ts';
import { readSettings } from './settings.ts';

void startApp(document.getElementById('app')!, readSettings(location.search));
