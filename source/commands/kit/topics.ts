/** What `pmcp help TOPIC` says, by topic; docs/cli.md has the same. One more, `keys`, comes from the dashboard's own table. */
export const topics: Readonly<Record<string, string>> = {
	environment: `Variables that are read; a flag stands above its variable.

  PROXY_MCP_CONFIG   the settings file (--config)
  PMCP_DAEMON        the proxy to talk to (--daemon)
  PMCP_PORT          server.port (--port)
  PMCP_HOST          server.host (--host)
  PMCP_WORKERS       server.workers (--workers)
  PMCP_TOKEN         the token: what a proxy asks for, and what a command shows (--token-file)
  PMCP_LOG_LEVEL     logging.level (--log-level)
  XDG_CONFIG_HOME    the user's settings: $XDG_CONFIG_HOME/proxy-mcp/config.json
  XDG_STATE_HOME     records of running proxies, and without a settings file the logs and the lock file
  NO_COLOR           no colours, when it is set to anything
  FORCE_COLOR        colours even in a pipe
  CI, TERM=dumb      no dashboard`,
	'exit-codes': `Two bands: whether the command could do its work (0 to 9), and what it found (20 and above).

    0  done, or already so
    1  failed
    2  wrong usage
    3  settings invalid
    4  authentication needed or refused
    5  no such target
    6  no proxy can be reached
    7  refused: unsafe without --force, or the state moved meanwhile
    8  timed out
    9  address in use
   20  status --check, check: served, but something is down
   21  status --check, check: no usable target
  130  interrupted (Ctrl-C)
  143  terminated`,
	json: `--json prints one JSON document to stdout, the same as the API's, and nothing else; stderr stays empty unless it fails.

  Every document is an object with "schema" (such as "pmcp.targets/v1") and "generatedAt"; within a version fields are only added.
  Names are camelCase; times RFC 3339 in UTC; durations end in Ms, sizes in Bytes; shares are 0 to 1; unknown is null, never missing.
  Streams (-o jsonl, or --follow and --watch with --json) are one object a line.
  An error is one object on stderr:
    {"error":{"code":"target_unknown","exit":5,"message":"…","hint":"…","command":"pmcp list","docs":"docs/cli.md"}}`,
};
