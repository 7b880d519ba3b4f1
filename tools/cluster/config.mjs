/** @file The configurations of the servers of tools/cluster.mjs, as small as they can be. */

const MEGABYTE = 1e6;

/** A shard: all shards of the cluster, the same on each, so that any of them can be asked. */
export function clickHouseConfig({ folder, host, httpPort, tcpPort, interserverPort, cluster, tcpPorts }) {
  const shards = tcpPorts.map(
    (port) =>
      `<shard><internal_replication>true</internal_replication>` +
      `<replica><host>${host}</host><port>${port}</port></replica></shard>`,
  );
  // Every release takes <yandex> for the root; those before 21.10 take nothing else.
  return `<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>${host}</listen_host>
  <http_port>${httpPort}</http_port>
  <tcp_port>${tcpPort}</tcp_port>
  <interserver_http_port>${interserverPort}</interserver_http_port>
  <interserver_http_host>${host}</interserver_http_host>
  <path>${folder}/data/</path>
  <tmp_path>${folder}/tmp/</tmp_path>
  <user_files_path>${folder}/files/</user_files_path>
  <format_schema_path>${folder}/schemas/</format_schema_path>
  <users_config>${folder}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <max_concurrent_queries>200</max_concurrent_queries>
  <keep_alive_timeout>10</keep_alive_timeout>
  <mark_cache_size>${256 * MEGABYTE}</mark_cache_size>
  <uncompressed_cache_size>${512 * MEGABYTE}</uncompressed_cache_size>
  <remote_servers><${cluster}>${shards.join('')}</${cluster}></remote_servers>
</yandex>
`;
}

/** `default` needs no password, `keyed` does, `readonly` may change nothing; all of them from this machine alone. */
export function clickHouseUsers({ user, password }) {
  const networks = '<networks><ip>127.0.0.1</ip><ip>::1</ip></networks>';
  const one = (name, secret, profile) =>
    `<${name}><password>${secret}</password>${networks}<profile>${profile}</profile><quota>default</quota></${name}>`;
  return `<yandex>
  <profiles><default></default><readonly><readonly>1</readonly></readonly></profiles>
  <users>${one('default', '', 'default')}${one(user, password, 'default')}${one('readonly', '', 'readonly')}</users>
  <quotas><default></default></quotas>
</yandex>
`;
}

/** Jobs survive a kill: what was answered a second ago is on the disk. Nothing is ever evicted, as BullMQ demands. */
export const redisConfig = ({ folder, host, port }) => `bind ${host}
port ${port}
dir ${folder}
daemonize no
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
`;
