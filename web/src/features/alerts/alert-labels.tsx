import { Link } from '@tanstack/react-router';
import { Bug } from 'lucide-react';
import { ServiceName } from '../../ui/badge.tsx';
import { UserText } from '../../ui/user-text.tsx';

/** What an alert was measured on. */
export function AlertLabels({ labels }: { labels: Record<string, string> }) {
  // The name of the error stands in the alert's summary.
  const { service, errorGroup, environment, error: _, ...others } = labels;
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-x-3 text-xs text-muted">
      {service && <ServiceName service={service} />}
      {errorGroup && (
        <Link
          to="/errors/$groupId"
          params={{ groupId: errorGroup }}
          className="inline-flex items-center gap-1 rounded-sm text-accent hover:underline"
        >
          <Bug size={12} aria-hidden="true" />
          Error
        </Link>
      )}
      {environment && (
        <span className="max-w-full truncate">
          <UserText>{environment}</UserText>
        </span>
      )}
      {Object.entries(others).map(([key, value]) => (
        <span key={key} className="max-w-full truncate">
          <UserText>{`${key}=${value}`}</UserText>
        </span>
      ))}
    </span>
  );
}
