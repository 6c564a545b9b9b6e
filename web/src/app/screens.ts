/** The screens of the navigation, the palette and the shortcuts. */
import { Activity, Bell, Bug, FlaskConical, Layers, type LucideIcon, ScrollText, Settings, Siren } from 'lucide-react';

export interface Screen {
  to: '/logs' | '/traces' | '/services' | '/errors' | '/alerts' | '/incidents' | '/demo' | '/settings';
  label: string;
  icon: LucideIcon;
  key: string;
}

export const SCREENS: readonly Screen[] = [
  { to: '/logs', label: 'Logs', icon: ScrollText, key: 'l' },
  { to: '/traces', label: 'Traces', icon: Activity, key: 't' },
  { to: '/services', label: 'Services', icon: Layers, key: 's' },
  { to: '/errors', label: 'Errors', icon: Bug, key: 'e' },
  { to: '/alerts', label: 'Alerts', icon: Bell, key: 'a' },
  { to: '/incidents', label: 'Incidents', icon: Siren, key: 'i' },
  { to: '/demo', label: 'Demo', icon: FlaskConical, key: 'd' },
  { to: '/settings', label: 'Settings', icon: Settings, key: ',' },
];
