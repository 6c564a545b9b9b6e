import { Page, PageBody, PageHeader } from '../../ui/page.tsx';
import { StartGuide } from './start-guide.tsx';

export function StartScreen() {
  return (
    <Page>
      <PageHeader title="Get started" />
      <PageBody>
        <StartGuide />
      </PageBody>
    </Page>
  );
}
