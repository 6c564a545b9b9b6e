/**
 * Commands of Redis 8 that change no data, so that they go on in read-only mode. Those of a later version, and scripts that
 * do not say that they only read, count as writes. What Redis itself counts as a write is one, also where its options
 * make it a read (`SORT`, `BITFIELD`, `GEORADIUS`): there are `_RO` commands.
 */
const READS: ReadonlySet<string> = new Set(
  `acl arcount arget argetrange argrep arinfo arlastitems arlen armget arnext arop arscan asking auth bitcount
  bitfield_ro bitpos client cluster command config dbsize discard dump echo eval_ro evalsha_ro exec exists expiretime
  fcall_ro geodist geohash geopos georadius_ro georadiusbymember_ro geosearch get getbit getrange hello hexists
  hexpiretime hget hgetall hkeys hlen hmget hpexpiretime hpttl hrandfield hscan hstrlen httl hvals info keys lastsave
  latency lcs lindex llen lolwut lpos lrange memory mget monitor multi object pexpiretime pfcount ping psubscribe pttl
  publish pubsub punsubscribe quit randomkey readonly readwrite reset role scan scard script sdiff select sinter
  sintercard sismember slowlog smembers smismember sort_ro spublish srandmember sscan ssubscribe strlen subscribe substr
  sunion sunsubscribe time touch ttl type unsubscribe unwatch vcard vdim vemb vgetattr vinfo vismember vlinks vrandmember
  vrange vsim wait waitaof watch xinfo xlen xpending xrange xread xrevrange zcard zcount zdiff zinter zintercard
  zlexcount zmscore zrandmember zrange zrangebylex zrangebyscore zrank zrevrange zrevrangebylex zrevrangebyscore zrevrank
  zscan zscore zunion`.split(/\s+/),
);

/** True when a command may change data. */
export function mayWriteRedis(command: string): boolean {
  return !READS.has(command);
}

const WAITING: ReadonlySet<string> = new Set(
  `blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin wait waitaof
  subscribe psubscribe ssubscribe unsubscribe punsubscribe sunsubscribe`.split(/\s+/),
);

/** True when a command waits as long as it is told to: its time is no sign of a slow server. */
export function isWaiting(command: string, args: readonly unknown[]): boolean {
  if (WAITING.has(command)) return true;
  if (command !== 'xread' && command !== 'xreadgroup') return false;
  return args.flat().some((arg) => typeof arg === 'string' && arg.toLowerCase() === 'block');
}
