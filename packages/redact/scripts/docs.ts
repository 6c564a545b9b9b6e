// Regenerates the rule list of docs/packages/redact.md from the data: npx node packages/redact/scripts/docs.ts
import { rewrite, rulesSection } from './page.ts';

rewrite({ rules: rulesSection() });
