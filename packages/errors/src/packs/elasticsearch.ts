import { type Rule, type RulePack, words } from '../pack.ts';

const byType: readonly (readonly [reason: string, types: string])[] = [
  ['conflict', 'version_conflict_engine_exception'],
  ['already-exists', 'resource_already_exists_exception index_already_exists_exception'],
  ['schema-mismatch', 'index_not_found_exception type_missing_exception alias_not_found_exception'],
  ['not-found', 'document_missing_exception resource_not_found_exception search_context_missing_exception'],
  [
    'invalid-data',
    'mapper_parsing_exception document_parsing_exception strict_dynamic_mapping_exception number_format_exception',
  ],
  [
    'query-invalid',
    'parsing_exception x_content_parse_exception illegal_argument_exception query_shard_exception script_exception invalid_index_name_exception action_request_validation_exception search_phase_execution_exception',
  ],
  [
    'overloaded',
    'es_rejected_execution_exception rejected_execution_exception circuit_breaking_exception too_many_requests_exception',
  ],
  ['storage-full', 'cluster_block_exception'],
  [
    'unavailable',
    'no_shard_available_action_exception unavailable_shards_exception master_not_discovered_exception no_master_block_exception node_not_connected_exception',
  ],
  ['timeout', 'process_cluster_event_timeout_exception timeout_exception receive_timeout_transport_exception'],
  ['credentials-rejected', 'security_exception'],
  ['cancelled', 'task_cancelled_exception'],
];

/** Elasticsearch and OpenSearch by exception type in the answer, and the transport's own classes. */
export const elasticsearch: RulePack = {
  domain: 'elasticsearch',
  title: 'Elasticsearch and OpenSearch',
  sources: [
    'https://www.elastic.co/docs/reference/elasticsearch/clients/javascript/basic-config',
    'https://github.com/elastic/elastic-transport-js/blob/main/src/errors.ts',
  ],
  markers: [{ 'meta.meta': '*' }, { 'meta.attempts': '*' }, { options: '*' }, { name: 'ElasticsearchClientError' }],
  rules: [
    ...byType.flatMap(([is, types]): Rule[] => [
      { when: { name: 'ResponseError', 'meta.body.error.type': words(types) }, is },
    ]),
    { when: { name: 'ConnectionError' }, is: 'connection-lost' },
    { when: { name: 'TimeoutError' }, is: 'timeout' },
    { when: { name: 'NoLivingConnectionsError' }, is: 'connection-failed' },
    { when: { name: 'RequestAbortedError' }, is: 'cancelled' },
    { when: { name: 'SerializationError' }, is: 'bug' },
    { when: { name: 'DeserializationError' }, is: 'response-invalid' },
    { when: { name: words('ConfigurationError ProductNotSupportedError') }, is: 'misconfigured' },
  ],
};
