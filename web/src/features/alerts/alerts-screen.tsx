/** Alerts: what fires, the rules, who is told. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { alertsQuery } from '../../api/queries.ts';
import { buttonClass } from '../../ui/button.tsx';
import { LinkTabs, Page, PageBody, PageHeader } from '../../ui/page.tsx';
import { AlertList, RECENT_ALERTS } from './alert-list.tsx';
import { ReceiverList } from './receiver-list.tsx';
import { RuleList } from './rule-list.tsx';

const route = getRouteApi('/shell/alerts');

export function AlertsScreen() {
  const { tab = 'alerts' } = route.useSearch();
  const { data } = useQuery(alertsQuery(RECENT_ALERTS));
  const firing = data?.alerts.filter(({ state }) => state === 'firing').length;
  return (
    <Page>
      <PageHeader
        title="Alerts"
        lead={
          <LinkTabs
            label="Alerts"
            param="tab"
            current={tab}
            items={[
              { id: 'alerts', label: 'Firing and recent', count: firing || undefined },
              { id: 'rules', label: 'Rules' },
              { id: 'receivers', label: 'Receivers' },
            ]}
          />
        }
      >
        {tab !== 'receivers' && (
          <Link to="/alerts/rules/$ruleId" params={{ ruleId: 'new' }} className={buttonClass('primary')}>
            <Plus size={14} aria-hidden="true" />
            New rule
          </Link>
        )}
      </PageHeader>
      <PageBody className="bg-surface">
        {tab === 'alerts' && <AlertList />}
        {tab === 'rules' && <RuleList />}
        {tab === 'receivers' && <ReceiverList />}
      </PageBody>
    </Page>
  );
}
