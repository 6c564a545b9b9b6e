import type { ArgumentsHost, ExceptionFilter, INestApplication } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Edge } from '../edge.ts';
import { answerError, exchangeOf, expressEdge, sendAnswer } from './express.ts';

export { exchangeOf, sendAnswer };

/**
 * After `NestFactory.create(Module)`, before `listen`: `nestEdge(app, edge)`. For the Express platform. Sets the first
 * middleware and a global exception filter.
 */
export function nestEdge(app: INestApplication, edge: Edge): void {
  const filter: ExceptionFilter = {
    catch(error: unknown, host: ArgumentsHost) {
      const http = host.switchToHttp();
      answerError(edge, http.getRequest<Request>(), http.getResponse<Response>(), error);
    },
  };
  app.use(expressEdge(edge));
  app.useGlobalFilters(filter);
}
