import { alertRuleRoutes } from './alert-rules.ts';
import { alertRoutes } from './alerts.ts';
import type { ApiContext } from './context.ts';
import { demoRoutes } from './demo.ts';
import { errorGroupRoutes } from './error-groups.ts';
import { fieldRoutes } from './fields.ts';
import { incidentRoutes } from './incidents.ts';
import { keyRoutes } from './keys.ts';
import { logFacetRoutes } from './log-facets.ts';
import { logTailRoutes } from './log-tail.ts';
import { loginRoutes } from './login.ts';
import { logRoutes } from './logs.ts';
import { metricRoutes } from './metrics.ts';
import { openApiRoute } from './openapi.ts';
import { receiverRoutes } from './receivers.ts';
import type { Route } from './route.ts';
import { serviceRoutes } from './services.ts';
import { statusRoutes } from './status.ts';
import { traceDetailRoutes } from './trace-detail.ts';
import { traceRoutes } from './traces.ts';

/** Every operation of the API, in the order of the documents. */
export function createRoutes(context: ApiContext): Route[] {
  const routes = [
    ...logRoutes(context),
    ...logFacetRoutes(context),
    ...logTailRoutes(context),
    ...traceRoutes(context),
    ...traceDetailRoutes(context),
    ...serviceRoutes(context),
    ...metricRoutes(context),
    ...fieldRoutes(context),
    ...errorGroupRoutes(context),
    ...alertRuleRoutes(context),
    ...alertRoutes(context),
    ...incidentRoutes(context),
    ...receiverRoutes(context),
    ...statusRoutes(context),
    ...demoRoutes(context),
    ...loginRoutes(context),
    ...keyRoutes(context),
  ];
  return [...routes, openApiRoute(routes)];
}
