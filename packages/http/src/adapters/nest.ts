import { checkValue, having } from '@breakwater/errors/options';
import type { ArgumentsHost, ExceptionFilter, INestApplication } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Edge } from '../edge.ts';
import { edgeRule } from '../options.ts';
import { answerError, exchangeOf, expressEdge, sendAnswer } from './express.ts';

export { exchangeOf, sendAnswer };

/**
 * After `NestFactory.create(Module)`, before `listen`: `nestEdge(app, edge)`. For the Express platform. Sets the first
 * middleware and a global exception filter. Throws `OptionError` for what is no app or edge.
 */
export function nestEdge(app: INestApplication, edge: Edge): void {
  checkValue('nestEdge.app', app, having('an app of NestJS', 'use', 'useGlobalFilters'));
  checkValue('nestEdge.edge', edge, edgeRule);
  const filter: ExceptionFilter = {
    catch(error: unknown, host: ArgumentsHost) {
      // A resolver of GraphQL, for instance: its errors are answered by others.
      if (host.getType() !== 'http') throw error;
      const http = host.switchToHttp();
      answerError(edge, http.getRequest<Request>(), http.getResponse<Response>(), error);
    },
  };
  app.use(expressEdge(edge));
  app.useGlobalFilters(filter);
}
