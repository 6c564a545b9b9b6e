import type { RulePack } from './pack.ts';
import { abort } from './packs/abort.ts';
import { aws, dynamodb } from './packs/aws.ts';
import { bugs } from './packs/bugs.ts';
import { azure, google } from './packs/cloud.ts';
import { elasticsearch } from './packs/elasticsearch.ts';
import { grpc } from './packs/grpc.ts';
import { axios, browserFetch, got, http2, ky, undici } from './packs/http-clients.ts';
import { boom, fastify, httpErrors, nestjs } from './packs/http-server.ts';
import { httpStatus } from './packs/http-status.ts';
import { kafkajs, librdkafka, platformaticKafka } from './packs/kafka.ts';
import { amqplib, nats, rabbitmq } from './packs/messaging.ts';
import { mongodb, mongoose } from './packs/mongodb.ts';
import { mysql } from './packs/mysql.ts';
import { nodeFs } from './packs/node-fs.ts';
import { nodeNetwork } from './packs/node-network.ts';
import { nodeProcess } from './packs/node-process.ts';
import { nodeTls } from './packs/node-tls.ts';
import { aiSdk, openai } from './packs/openai.ts';
import { prisma, queryBuilders, sequelize, typeorm } from './packs/orm.ts';
import { adyen, braintree, paypal } from './packs/payments.ts';
import { policies } from './packs/policies.ts';
import { postgres, postgresClients } from './packs/postgres.ts';
import { redis, redisClients } from './packs/redis.ts';
import { sqlite } from './packs/sqlite.ts';
import { sqlserver } from './packs/sqlserver.ts';
import { stripe } from './packs/stripe.ts';
import { jwt, validation } from './packs/validation.ts';

/** All built-in rule packs. Where rules are equally strong and specific, the earlier pack wins. */
// biome-ignore format: grouped by what they cover
export const packs: readonly RulePack[] = [
  nodeNetwork, nodeTls, nodeFs, nodeProcess, abort,
  undici, browserFetch, axios, got, ky, http2, httpStatus,
  httpErrors, fastify, nestjs, boom,
  postgres, postgresClients, mysql, sqlite, sqlserver, mongodb, mongoose, redis, redisClients, elasticsearch,
  kafkajs, platformaticKafka, librdkafka, rabbitmq, amqplib, nats,
  aws, dynamodb, google, azure, grpc,
  prisma, sequelize, typeorm, queryBuilders,
  stripe, paypal, adyen, braintree, openai, aiSdk,
  validation, jwt, policies, bugs,
];
