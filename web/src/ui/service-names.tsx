import type { ReactNode } from 'react';
import { visibleText } from '../text/hidden-characters.ts';
import { ServiceName } from './badge.tsx';

const SHOWN = 8;
const TOLD = 100;

/** The first few names; of more their number, with the next ones in its tooltip. */
export function ServiceNames({
  services,
  render = (service) => <ServiceName service={service} />,
}: {
  services: readonly string[];
  render?: (service: string) => ReactNode;
}) {
  // One more name takes no more room than saying that there is one.
  const shown = services.length <= SHOWN + 1 ? services : services.slice(0, SHOWN);
  const rest = services.slice(shown.length);
  return (
    <>
      {shown.map((service) => (
        <span key={service} className="inline-flex max-w-full min-w-0">
          {render(service)}
        </span>
      ))}
      {rest.length > 0 && (
        <span className="text-muted" title={visibleText(rest.slice(0, TOLD).join(', '))}>
          and {rest.length} more
        </span>
      )}
    </>
  );
}
